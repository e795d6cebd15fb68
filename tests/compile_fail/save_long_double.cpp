// SPDX-License-Identifier: MIT

#include <gradus/io/safetensors_dtype.hpp>

int main() {
  [[maybe_unused]] const char* known = gradus::detail::safetensors_dtype<double>();
  // expect: the safetensors format has no type for this scalar
  known = gradus::detail::safetensors_dtype<long double>();
}
