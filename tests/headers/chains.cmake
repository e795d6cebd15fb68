# SPDX-License-Identifier: MIT
# cmake -DINCLUDE=<folder> "-DHEADERS=<headers, relative to it>" "-DPRECOMPILED=<some of them>"
#       "-DCOMMAND=<compiler and flags>" "-DSUFFIX=<suffix of precompiled headers>" -DFOLDER=<output folder>
#       -P chains.cmake
#
# Writes the sources that compile_alone.cmake compiles to test that each header includes what it uses.
#
# A header is tested if the compiler, when it reaches the first line of the header's own code, has read only what the
# header includes. One source per header would do, but would parse Eigen each time. Instead, each source holds a chain
# of headers, each of which includes the previous one, directly or indirectly. Before a header's own code, the compiler
# has then read the previous header and everything that it includes, all of which the header itself includes too. So
# nothing is visible that would not be visible if the header were compiled alone.
#
# For the same reason a precompiled header cannot hide a missing include from a header that includes it anyway. Each
# header in PRECOMPILED is precompiled, and every other header uses the precompiled header that covers most of its
# includes.
#
# This is valid only if all includes of a header are unconditional and come before its own code. The latter is checked;
# an #include under an #if does not count.

cmake_minimum_required(VERSION 3.22)

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})

foreach(header IN LISTS HEADERS)
  set(included_${header})
  set(depth 0)
  # The include folder's headers have no #include in a comment of several lines.
  file(STRINGS ${INCLUDE}/${header} lines REGEX "^ *# *(if|endif|include)")
  foreach(line IN LISTS lines)
    if(line MATCHES "^ *# *if")
      math(EXPR depth "${depth} + 1")
    elseif(line MATCHES "^ *# *endif")
      math(EXPR depth "${depth} - 1")
    elseif(depth EQUAL 0 AND line MATCHES "<(gradus/.*\\.hpp)>")
      list(APPEND included_${header} ${CMAKE_MATCH_1})
    endif()
  endforeach()

  file(READ ${INCLUDE}/${header} text)
  string(FIND "${text}" "\nnamespace " code)
  if(NOT code EQUAL -1)
    string(SUBSTRING "${text}" ${code} -1 text)
    string(REGEX MATCHALL "\n *# *include [^\n]*" late "${text}")
    # The declarations for gradus::compiled come last, under an #if.
    list(FILTER late EXCLUDE REGEX "\\.inc>|<gradus/compiled/")
    if(late)
      message(SEND_ERROR "${header} has an #include after its own code:${late}")
    endif()
  endif()
endforeach()

# Sets the global property reached_<header> to all headers that a header includes, directly or indirectly.
function(reach header)
  get_property(known GLOBAL PROPERTY reached_${header} SET)
  if(NOT known)
    set(reached ${included_${header}})
    foreach(next IN LISTS included_${header})
      reach(${next})
      get_property(more GLOBAL PROPERTY reached_${next})
      list(APPEND reached ${more})
    endforeach()
    list(REMOVE_DUPLICATES reached)
    set_property(GLOBAL PROPERTY reached_${header} "${reached}")
  endif()
endfunction()

# Headers with fewer includes come first, so that every header comes after those that it includes.
set(sorted)
foreach(header IN LISTS HEADERS)
  reach(${header})
  get_property(reached_${header} GLOBAL PROPERTY reached_${header})
  list(LENGTH reached_${header} size_${header})
  math(EXPR key "${size_${header}} + 10000")
  list(APPEND sorted "${key} ${header}")
endforeach()
list(SORT sorted)
list(TRANSFORM sorted REPLACE "^[0-9]+ " "")

# Appends each header to the chain with the most includes that it can continue, among those with the same precompiled
# header.
set(chains 0)
foreach(header IN LISTS sorted)
  if(header IN_LIST PRECOMPILED)
    continue() # precompiling it compiles it alone
  endif()
  set(base "")
  foreach(precompiled IN LISTS PRECOMPILED)
    if(precompiled IN_LIST reached_${header} AND (base STREQUAL "" OR size_${precompiled} GREATER size_${base}))
      set(base ${precompiled})
    endif()
  endforeach()
  set(best -1)
  set(best_size -1)
  if(chains GREATER 0)
    math(EXPR last "${chains} - 1")
    foreach(chain RANGE ${last})
      set(end ${end_${chain}})
      if("${base_${chain}}" STREQUAL "${base}" AND size_${end} GREATER best_size AND end IN_LIST reached_${header})
        set(best ${chain})
        set(best_size ${size_${end}})
      endif()
    endforeach()
  endif()
  if(best EQUAL -1)
    set(best ${chains})
    math(EXPR chains "${chains} + 1")
    set(base_${best} "${base}")
  endif()
  set(end_${best} ${header})
  list(APPEND chain_${best} ${header})
endforeach()

# The first line names the precompiled header, if any.
math(EXPR last "${chains} - 1")
foreach(chain RANGE ${last})
  list(TRANSFORM chain_${chain} REPLACE "(.+)" "#include <\\1>\n" OUTPUT_VARIABLE includes)
  string(JOIN "" includes ${includes})
  string(MAKE_C_IDENTIFIER "${base_${chain}}" name)
  file(WRITE ${FOLDER}/${chain}.cpp "// ${name}\n${includes}")
endforeach()

foreach(header IN LISTS PRECOMPILED)
  string(MAKE_C_IDENTIFIER "${header}" name)
  set(source ${FOLDER}/precompiled/${name}.hpp)
  file(WRITE ${source} "#include <${header}>\n")
  execute_process(COMMAND ${COMMAND} -x c++-header ${source} -o ${source}.${SUFFIX} RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(SEND_ERROR "${header} does not compile alone:\n${output}")
  endif()
endforeach()
list(LENGTH HEADERS count)
message(STATUS "${count} headers in ${chains} sources")
