# SPDX-License-Identifier: MIT
# gradus_development: the flags of our own programs; users of the library never get them.

add_library(gradus_development INTERFACE)
target_link_libraries(gradus_development INTERFACE gradus::gradus)
foreach(component IN ITEMS gzip safetensors onnx download)
  if(component IN_LIST gradus_components)
    target_link_libraries(gradus_development INTERFACE gradus::${component})
  endif()
endforeach()

if(MSVC)
  target_compile_options(gradus_development INTERFACE /W4 /permissive- /utf-8 /bigobj)
else()
  target_compile_options(gradus_development INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  # gcc 12 reports false overlaps in std::string (GCC bug 105651) and false uninitialised values in its own AVX-512
  # intrinsics (GCC bug 105593).
  target_compile_options(
    gradus_development
    INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-uninitialized
              -Wno-restrict -Wno-maybe-uninitialized>)
endif()
if(GRADUS_WARNINGS_AS_ERRORS)
  target_compile_options(gradus_development INTERFACE $<IF:$<CXX_COMPILER_ID:MSVC>,/WX,-Werror>)
endif()
if(GRADUS_SANITIZE)
  set(sanitizer_flags -fsanitize=${GRADUS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Sanitizers see every access only in unoptimised code, which also compiles twice as fast.
  target_compile_options(gradus_development INTERFACE ${sanitizer_flags} -O0 -g1)
  target_link_options(gradus_development INTERFACE ${sanitizer_flags})
endif()
if(GRADUS_NATIVE)
  target_link_libraries(gradus_development INTERFACE gradus::native)
endif()
if(GRADUS_USE_BLAS)
  target_link_libraries(gradus_development INTERFACE gradus::blas)
endif()

# gradus_add_programs([EXCEPT <source>...] [LINK <target>...]): adds a program per source file of this folder.
function(gradus_add_programs)
  cmake_parse_arguments(PARSE_ARGV 0 programs "" "" "EXCEPT;LINK")
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.cpp)
  list(REMOVE_ITEM sources ${programs_EXCEPT})
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE gradus_development ${programs_LINK})
    set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  endforeach()
endfunction()
