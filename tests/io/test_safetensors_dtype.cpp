// SPDX-License-Identifier: MIT

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/eigen.hpp>
#include <gradus/io/safetensors_dtype.hpp>

using namespace gradus;

static_assert(SafetensorsScalar<bool> && SafetensorsScalar<std::int8_t> && SafetensorsScalar<std::uint64_t>);
static_assert(SafetensorsScalar<Index> && SafetensorsScalar<float> && SafetensorsScalar<double>);
static_assert(!SafetensorsScalar<long double> && !SafetensorsScalar<char> && !SafetensorsScalar<wchar_t>);
static_assert(!SafetensorsScalar<const float>);

TEST_CASE_TEMPLATE("safetensors_dtype: returns the name and the size in memory", T, bool, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                   std::uint64_t, long, float, double) {
  const std::string dtype = detail::safetensors_dtype<T>();
  CHECK(detail::safetensors_bits(dtype) == 8 * sizeof(T));
  const char kind = std::is_same_v<T, bool>       ? 'B'
                    : std::is_floating_point_v<T> ? 'F'
                    : std::is_signed_v<T>         ? 'I'
                                                  : 'U';
  CHECK(dtype.front() == kind);
}

TEST_CASE("safetensors_bits: gives the size of types that gradus cannot read, and 0 for unknown ones") {
  CHECK(detail::safetensors_bits("BF16") == 16);
  CHECK(detail::safetensors_bits("C64") == 64);
  CHECK(detail::safetensors_bits("F8_E8M0") == 8);
  CHECK(detail::safetensors_bits("F4") == 4);
  CHECK(detail::safetensors_bits("F6_E2M3") == 6);
  CHECK(detail::safetensors_bits("F128") == 0);
  CHECK(detail::safetensors_bits("") == 0);
}
