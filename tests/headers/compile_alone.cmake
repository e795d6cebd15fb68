# SPDX-License-Identifier: MIT
# cmake "-DCOMMAND=<compiler and flags>" "-DHEADERS=<headers, relative to the include folder>" -DSOURCE=<file to write>
#       -P compile_alone.cmake
#
# Compiles a program for each header that includes nothing else. Nothing is precompiled, because that would hide a missing
# #include.

set(count 0)
foreach(header IN LISTS HEADERS)
  file(WRITE ${SOURCE} "#include <${header}>\n")
  execute_process(COMMAND ${COMMAND} ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(SEND_ERROR "${header} does not compile alone:\n${output}")
  endif()
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  message(SEND_ERROR "no headers")
endif()
message(STATUS "${count} headers compile alone")
