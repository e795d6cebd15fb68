# SPDX-License-Identifier: MIT
# Prepares a header for Doxygen: leaves out `&` after a member function's parameters, with which Doxygen 1.9 does not
# recognise the definition of a function that the class declares.
{ sub(/\) & \{/, ") {"); sub(/\) &;/, ");"); print }
