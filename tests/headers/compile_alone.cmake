# SPDX-License-Identifier: MIT
# cmake "-DCOMMAND=<compiler and flags>" -DFOLDER=<output folder of chains.cmake> -DPART=<number> -DPARTS=<number>
#       -P compile_alone.cmake
#
# Compiles every PARTS-th of the sources written by chains.cmake, starting at PART.

file(GLOB sources ${FOLDER}/*.cpp)
set(count 0)
set(number 0)
foreach(source IN LISTS sources)
  math(EXPR turn "${number} % ${PARTS}")
  math(EXPR number "${number} + 1")
  if(NOT turn EQUAL PART)
    continue()
  endif()
  file(STRINGS ${source} headers)
  list(POP_FRONT headers precompiled)
  set(include)
  if(precompiled MATCHES "^// (gradus_.+)")
    set(include -include ${FOLDER}/precompiled/${CMAKE_MATCH_1}.hpp)
  endif()
  execute_process(COMMAND ${COMMAND} -fsyntax-only ${include} ${source} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN headers "\n" headers)
    message(SEND_ERROR "a header does not compile alone, or after those that it includes:\n${headers}\n${output}")
  endif()
  list(LENGTH headers here)
  math(EXPR count "${count} + ${here}")
endforeach()
if(count EQUAL 0)
  message(SEND_ERROR "no headers in ${FOLDER}")
endif()
message(STATUS "${count} headers compile alone")
