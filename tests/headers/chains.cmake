# SPDX-License-Identifier: MIT
# cmake -DINCLUDE=<folder> "-DHEADERS=<headers, relative to it>" "-DPRECOMPILED=<some of them>"
#       "-DCOMMAND=<compiler and flags>" -DSUFFIX=<of precompiled headers> -DFOLDER=<to write to> -P chains.cmake
#
# Writes the sources with which compile_alone.cmake tests that each header includes what it uses.
#
# A header is tested if the compiler, at the first line of the header's own code, has read what the header includes
# and nothing else. A source for each header would do, but would read Eigen each time. Instead a source holds a chain:
# headers of which each includes the one before it, directly or through others. What the compiler has read before
# a header's own code is then the header before it, with all that this one includes, and that is a part of what
# the header itself includes. So nothing is there that would not be there if the header were the only one.
#
# For the same reason a precompiled header hides nothing from a header that includes it anyway: it only comes first. Each
# header in PRECOMPILED is precompiled, and each other one uses the one that reads most of those that it includes.
#
# This holds only if each header includes all that it includes before its own code, which is checked, and if it always
# includes it: an #include under an #if does not count.

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
    # The declarations of gradus::compiled come last, under an #if.
    list(FILTER late EXCLUDE REGEX "\\.inc>|<gradus/compiled/")
    if(late)
      message(SEND_ERROR "${header} has an #include after its own code:${late}")
    endif()
  endif()
endforeach()

# Sets the global property reached_<header> to all headers that a header includes, directly or through others.
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

# What includes less comes first, so that a header comes after those that it includes.
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

# Appends each header to the longest-reaching chain that it continues, among those with the same precompiled header.
set(chains 0)
foreach(header IN LISTS sorted)
  if(header IN_LIST PRECOMPILED)
    continue() # compiled alone to be precompiled
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
