# SPDX-License-Identifier: MIT
# Prepares a header for Doxygen, line by line:
# - A comment before the first namespace is marked as the header's. Doxygen would otherwise attach it to the namespace.
# - `&` after a member function's parameters is removed, because with it Doxygen 1.9 does not recognise the definition
#   of a function that the class declares.
{ line[NR] = $0 }
/^namespace/ && !first { first = NR }
END {
  for (i = 1; i <= NR; ++i) {
    text = line[i]
    if (i < first && text == "" && line[i + 1] ~ /^\/\/\/ /) text = "/// @file"
    sub(/\) & \{/, ") {", text)
    sub(/\) &;/, ");", text)
    print text
  }
}
