# Rewrites the formulas of a Markdown page, which GitHub reads between dollar signs, as Doxygen reads them. Code blocks
# stay as they are.
/^```/ { in_code = !in_code }
in_code { print; next }
/^ *\$\$$/ { print in_formula ? "\\f]" : "\\f["; in_formula = !in_formula; next }
{ gsub(/\$/, "\\f$"); print }
