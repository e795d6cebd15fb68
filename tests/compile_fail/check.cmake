# A line `// expect: <regular expression>` in SOURCE announces that the line after it does not compile, and what the
# compiler says. Without that line the program must compile, or the failure would prove nothing.

file(READ ${SOURCE} text)
if(NOT text MATCHES "// expect: ([^\n]+)\n[^\n]+\n")
  message(FATAL_ERROR "${SOURCE} expects nothing")
endif()
set(expected "${CMAKE_MATCH_1}")
string(REGEX REPLACE "// expect: [^\n]+\n[^\n]+\n" "" control "${text}")
file(WRITE ${CONTROL} "${control}")

execute_process(COMMAND ${COMMAND} ${CONTROL} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "does not compile without the line under test either:\n${output}")
endif()

execute_process(COMMAND ${COMMAND} ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "compiles, and must not")
endif()
if(NOT output MATCHES "${expected}")
  message(FATAL_ERROR "the compiler does not say '${expected}':\n${output}")
endif()
