# Finds the cryptographic half of Mbed TLS: MbedTLS::mbedcrypto. Version 2, which Debian 12 has, comes without CMake
# files of its own; those of later versions are preferred.

find_package(MbedTLS CONFIG QUIET)
if(TARGET MbedTLS::mbedcrypto)
  set(MbedTLS_FOUND TRUE)
  return()
endif()

find_path(MbedTLS_INCLUDE_DIR mbedtls/md.h)
find_library(MbedTLS_mbedcrypto_LIBRARY mbedcrypto)
mark_as_advanced(MbedTLS_INCLUDE_DIR MbedTLS_mbedcrypto_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MbedTLS REQUIRED_VARS MbedTLS_mbedcrypto_LIBRARY MbedTLS_INCLUDE_DIR)

if(MbedTLS_FOUND AND NOT TARGET MbedTLS::mbedcrypto)
  add_library(MbedTLS::mbedcrypto UNKNOWN IMPORTED)
  set_target_properties(
    MbedTLS::mbedcrypto PROPERTIES IMPORTED_LOCATION "${MbedTLS_mbedcrypto_LIBRARY}"
                                   INTERFACE_INCLUDE_DIRECTORIES "${MbedTLS_INCLUDE_DIR}")
endif()
