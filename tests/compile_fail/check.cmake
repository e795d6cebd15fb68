# SPDX-License-Identifier: MIT
# cmake "-DCOMMAND=<compiler and flags>" "-DSOURCES=<programs>" -DMODE=controls|failures|both -DFOLDER=<output folder>
#       -P check.cmake
#
# A line `// expect: <regular expression>` in a program states that the next line must not compile, and which message
# the compiler must print. Without these lines the program must compile, or the failures would prove nothing.
#
# failures: compiles a program with all of its lines at once. A line has failed as expected if an error in that line, or
# in a template instantiated from there, matches the expected message. Every other line is compiled on its own.
# controls: compiles the programs without those lines together, each in its own namespace.

cmake_minimum_required(VERSION 3.22)

# Splits a program: `control` is the code without the lines under test, and `joint` the code with them. line_<i> is such
# a line, number_<i> its number in `joint`, position_<i> its position in `control`, and expected_<i> the message that it
# must cause.
macro(read_program source)
  file(STRINGS ${source} lines)
  set(control "")
  set(joint "")
  set(number 0) # line number in `joint`
  set(cases 0)
  set(announced FALSE)
  foreach(line IN LISTS lines)
    if(line MATCHES "// expect: (.+)$")
      set(expected_${cases} "${CMAKE_MATCH_1}")
      set(announced TRUE)
      continue()
    endif()
    math(EXPR number "${number} + 1")
    string(APPEND joint "${line}\n")
    if(announced)
      string(LENGTH "${control}" position_${cases})
      set(line_${cases} "${line}")
      set(number_${cases} ${number})
      math(EXPR cases "${cases} + 1")
      set(announced FALSE)
    else()
      string(APPEND control "${line}\n")
    endif()
  endforeach()
  if(cases EQUAL 0)
    message(FATAL_ERROR "${source} expects nothing")
  endif()
  math(EXPR last "${cases} - 1")
endmacro()

function(compile name text result output)
  file(WRITE ${FOLDER}/${name}.cpp "${text}")
  execute_process(COMMAND ${COMMAND} ${FOLDER}/${name}.cpp RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  set(${result} ${status} PARENT_SCOPE)
  set(${output} "${said}" PARENT_SCOPE)
endfunction()

# Checks whether the compiler's errors in a line, each up to the next error, contain the expected message.
function(find_error source number expected result)
  # CMake lists cannot hold arbitrary compiler output.
  string(REGEX REPLACE "[][;]" " " said "${output}")
  string(REGEX REPLACE "\n([^\n]*): (fatal )?error: " ";\\1: error: " said "\n${said}")
  set(found FALSE)
  set(instantiated_here FALSE)
  foreach(message IN LISTS said)
    if((message MATCHES "^[^\n]*${source}:${number}:[0-9]+: error: " OR instantiated_here)
       AND message MATCHES "error: " AND message MATCHES "${expected}")
      set(found TRUE)
    endif()
    # gcc prints where a template was instantiated before the error, that is, at the end of the previous message.
    set(instantiated_here FALSE)
    if(message MATCHES "${source}:([0-9]+):[0-9]+:   required from here\n?$" AND CMAKE_MATCH_1 EQUAL number)
      set(instantiated_here TRUE)
    endif()
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

if(MODE STREQUAL "controls")
  set(includes "")
  set(bodies "")
  foreach(source IN LISTS SOURCES)
    read_program(${source})
    cmake_path(GET source STEM name)
    string(REGEX MATCHALL "#include [^\n]*\n" lines "${control}")
    list(JOIN lines "" lines)
    string(APPEND includes "${lines}")
    string(REGEX REPLACE "#include [^\n]*\n" "\n" control "${control}")
    string(REPLACE "int main() {" "void program() {" control "${control}") # only main needs no return
    string(APPEND bodies "namespace in_${name} {\n${control}}\n")
  endforeach()
  compile(controls "${includes}${bodies}" result output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "a program does not compile without the lines under test either:\n${output}")
  endif()
  return()
endif()

read_program(${SOURCES})
cmake_path(GET SOURCES STEM name)
if(MODE STREQUAL "both")
  compile(${name} "${control}" result output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "does not compile without the lines under test either:\n${output}")
  endif()
endif()

set(tried_alone 0)
compile(${name} "${joint}" result output)
if(result EQUAL 0)
  message(FATAL_ERROR "compiles but must not")
endif()
foreach(i RANGE ${last})
  find_error(${name}.cpp ${number_${i}} "${expected_${i}}" found)
  if(NOT found)
    math(EXPR tried_alone "${tried_alone} + 1")
    string(SUBSTRING "${control}" 0 ${position_${i}} before)
    string(SUBSTRING "${control}" ${position_${i}} -1 after)
    compile(${name}_alone "${before}${line_${i}}\n${after}" alone_result alone_output)
    if(alone_result EQUAL 0)
      message(FATAL_ERROR "compiles but must not: ${line_${i}}")
    endif()
    if(NOT alone_output MATCHES "${expected_${i}}")
      message(FATAL_ERROR "${line_${i}}\nthe compiler does not say '${expected_${i}}':\n${alone_output}")
    endif()
  endif()
endforeach()
message(STATUS "${cases} lines do not compile, ${tried_alone} of them tried alone")
