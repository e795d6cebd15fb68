# SPDX-License-Identifier: MIT
# In C++17 each header gives one error, which says what is missing, instead of thousands. HEADERS, the list of them, is
# relative to INCLUDE.

foreach(header IN LISTS HEADERS)
  file(WRITE ${SOURCE} "#include <${header}>\n")
  execute_process(COMMAND ${COMMAND} ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX MATCHALL "error:" errors "${output}")
  list(LENGTH errors count)
  if(result EQUAL 0 OR NOT count EQUAL 1 OR NOT output MATCHES "gradus needs C\\+\\+20")
    message(SEND_ERROR "${header} gives ${count} errors, expected one that asks for C++20:\n${output}")
  endif()
endforeach()
