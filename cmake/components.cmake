# SPDX-License-Identifier: MIT
# The optional components. Their headers are always present; gradus::<component> links the packages they need. These are
# searched for only if GRADUS_COMPONENTS names the component or a target links it. In an installed package,
# gradusConfig.cmake defines the components.

# This is a property because the deferred call below runs outside of this folder's scope.
set_property(GLOBAL PROPERTY gradus_known_components gzip safetensors onnx download compiled_download blas mpi)

# gradus_add_component(<name> <library>...)
function(gradus_add_component name)
  add_library(gradus_${name} INTERFACE)
  add_library(gradus::${name} ALIAS gradus_${name})
  target_link_libraries(gradus_${name} INTERFACE gradus::gradus ${ARGN})
endfunction()

gradus_add_component(gzip ZLIB::ZLIB) # data/gzip.hpp, data/fashion_mnist.hpp
gradus_add_component(safetensors nlohmann_json::nlohmann_json) # io/safetensors.hpp, state_dict.hpp, checkpoint.hpp
gradus_add_component(onnx protozero::protozero) # io/onnx.hpp
gradus_add_component(download gradus::gzip CURL::libcurl OpenSSL::Crypto) # data/download.hpp
gradus_add_component(compiled_download gradus_compiled_fetch) # both gradus::compiled and gradus::download, compiled
gradus_add_component(blas BLAS::BLAS) # lets Eigen use the BLAS for large products
target_compile_definitions(gradus_blas INTERFACE EIGEN_USE_BLAS)
gradus_add_component(mpi MPI::MPI_CXX) # distributed/mpi.hpp

# gradus_provide_component(<name>): finds or fetches what gradus::<name> links; stops with an error if that fails.
function(gradus_provide_component name)
  if(name STREQUAL "gzip")
    gradus_require_zlib()
  elseif(name STREQUAL "safetensors")
    gradus_require_nlohmann_json()
  elseif(name STREQUAL "onnx")
    gradus_require_protozero()
  elseif(name STREQUAL "download")
    gradus_find(OpenSSL::Crypto OpenSSL)
    if(NOT TARGET OpenSSL::Crypto)
      message(
        FATAL_ERROR "gradus: gradus::download needs OpenSSL, which was not found and cannot be fetched. Install its "
                    "headers (Debian: libssl-dev), set OPENSSL_ROOT_DIR, or do without gradus::download.")
    endif()
    gradus_require_zlib()
    gradus_require_curl()
  elseif(name STREQUAL "compiled_download")
    gradus_provide_component(download)
    if(NOT TARGET gradus_compiled_fetch)
      gradus_add_compiled_download(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include)
    endif()
  elseif(name STREQUAL "blas")
    gradus_require_blas()
  elseif(name STREQUAL "mpi")
    gradus_require_mpi()
  else()
    message(FATAL_ERROR "gradus: GRADUS_COMPONENTS has '${name}', expected some of: gzip, safetensors, onnx, download, "
                        "compiled_download, blas, mpi")
  endif()
endfunction()

# gradus_linked_components(<directory> <variable>): appends the components linked by targets in a folder and its
# subfolders.
function(gradus_linked_components directory variable)
  set(found ${${variable}})
  get_property(known GLOBAL PROPERTY gradus_known_components)
  list(JOIN known "|" any)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(imported DIRECTORY ${directory} PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets imported)
    if(NOT TARGET ${target}) # imported targets visible only in that folder
      continue()
    endif()
    foreach(property IN ITEMS LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_property(libraries TARGET ${target} PROPERTY ${property})
      foreach(name IN LISTS known)
        if(libraries MATCHES "gradus(::|_)${name}([^a-z_]|$)" AND NOT target MATCHES "^gradus_(${any})$")
          list(APPEND found ${name})
        endif()
      endforeach()
    endforeach()
  endforeach()
  get_property(folders DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    gradus_linked_components(${folder} found)
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

function(gradus_provide_linked_components)
  set(linked)
  gradus_linked_components(${CMAKE_SOURCE_DIR} linked)
  foreach(name IN LISTS linked)
    set(gradus_late_component ${name}) # read by gradus_fetch
    gradus_provide_component(${name})
  endforeach()
endfunction()

# Runs when all targets are known, but before generation. CMake then allows no new subfolders, so packages that must be
# compiled can be found but not fetched.
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL gradus_provide_linked_components)
