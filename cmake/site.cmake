# SPDX-License-Identifier: MIT
# gradus_docs: builds the reference, the guide, the tutorial and the examples as one site with Doxygen, in html/.
# site: also checks that no link is broken and that docs/guide/everything.md names every public name.

find_package(Doxygen REQUIRED)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
set(site_program ${PROJECT_SOURCE_DIR}/cmake/site/site_pages.py)
set(site_folder ${PROJECT_BINARY_DIR}/site)
execute_process(COMMAND ${Python3_EXECUTABLE} ${site_program} prepare ${site_folder} COMMAND_ERROR_IS_FATAL ANY)

set(DOXYGEN_LAYOUT_FILE ${site_folder}/layout.xml)
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
set(DOXYGEN_STRIP_FROM_INC_PATH include)
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE ${PROJECT_SOURCE_DIR}/README.md)
set(DOXYGEN_FILTER_PATTERNS "*.md=${Python3_EXECUTABLE} ${site_program} filter"
                            "*.hpp=awk -f ${PROJECT_SOURCE_DIR}/cmake/site/header_filter.awk")
set(DOXYGEN_EXAMPLE_PATH ${PROJECT_SOURCE_DIR}/examples)
set(DOXYGEN_IMAGE_PATH ${PROJECT_SOURCE_DIR}/docs/figures)
set(DOXYGEN_EXCLUDE_PATTERNS */include/gradus/compiled/*) # repeats declarations
set(DOXYGEN_EXCLUDE_SYMBOLS *detail*)
set(DOXYGEN_DISTRIBUTE_GROUP_DOC YES) # one comment documents the overloads between @{ and @}
set(DOXYGEN_EXTRACT_ALL NO)
set(DOXYGEN_JAVADOC_AUTOBRIEF YES) # the first sentence is the summary in lists
set(DOXYGEN_STRIP_CODE_COMMENTS NO)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_DISABLE_INDEX YES)
set(DOXYGEN_GENERATE_TREEVIEW YES)
set(DOXYGEN_TREEVIEW_WIDTH 300)
set(DOXYGEN_HTML_INDEX_NUM_ENTRIES 1000)
set(DOXYGEN_USE_MATHJAX YES)
set(DOXYGEN_MATHJAX_VERSION MathJax_3)
set(DOXYGEN_HTML_EXTRA_STYLESHEET ${PROJECT_SOURCE_DIR}/cmake/site/site.css)
set(DOXYGEN_HTML_EXTRA_FILES ${PROJECT_SOURCE_DIR}/cmake/site/site.js)
set(DOXYGEN_HTML_FOOTER ${PROJECT_SOURCE_DIR}/cmake/site/footer.html)
set(DOXYGEN_GENERATE_XML YES)
set(DOXYGEN_XML_PROGRAMLISTING NO)
if(GRADUS_WARNINGS_AS_ERRORS)
  set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS) # also for public names without a comment
endif()
doxygen_add_docs(gradus_docs include docs cmake/site/namespaces.dox ${site_folder}/examples.dox benchmarks/README.md examples/README.md CHANGELOG.md
                 CONTRIBUTING.md README.md)

add_custom_target(
  site
  COMMAND ${Python3_EXECUTABLE} ${site_program} finish ${PROJECT_BINARY_DIR}/html
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/check_links.py ${PROJECT_BINARY_DIR}/html
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/check_everything.py ${PROJECT_BINARY_DIR}/xml
  COMMENT "Checking the site" VERBATIM)
add_dependencies(site gradus_docs)
