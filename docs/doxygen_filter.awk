# Prepares a file for Doxygen.
#
# Markdown: rewrites formulas, which GitHub reads between dollar signs. Code blocks stay as they are.
# Headers: leaves out `&` after a member function's parameters, with which Doxygen 1.9 does not recognise the definition
# of a function that the class declares.
FILENAME ~ /\.hpp$/ { sub(/\) & \{/, ") {"); sub(/\) &;/, ");"); print; next }
/^```/ { in_code = !in_code }
in_code { print; next }
/^ *\$\$$/ { print in_formula ? "\\f]" : "\\f["; in_formula = !in_formula; next }
{ gsub(/\$/, "\\f$"); print }
