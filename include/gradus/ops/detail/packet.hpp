#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <gradus/core/eigen.hpp>

/// The SIMD register of the machine that is compiled for, and the dozen instructions that the matrix product
/// needs: a thin coat over Eigen's portable packets. Nothing else in the library touches Eigen's internals.

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // a packet as a template argument loses its alignment
#endif

namespace gradus::ops::detail {

template <class Scalar>
using Packet = typename Eigen::internal::packet_traits<Scalar>::type;

/// Scalars in a packet: 16 floats with AVX-512, 8 with AVX, 4 with SSE and NEON, 1 without SIMD.
template <class Scalar>
inline constexpr Index packet_size = Eigen::internal::unpacket_traits<Packet<Scalar>>::size;

inline constexpr bool has_32_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32;

template <class Scalar>
EIGEN_ALWAYS_INLINE Packet<Scalar> load(const Scalar* from) {
  return Eigen::internal::ploadu<Packet<Scalar>>(from);
}

template <class Scalar>
EIGEN_ALWAYS_INLINE void store(Scalar* to, const std::type_identity_t<Packet<Scalar>>& x) {
  Eigen::internal::pstoreu(to, x);
}

template <class Scalar>
EIGEN_ALWAYS_INLINE Packet<Scalar> broadcast(Scalar x) {
  return Eigen::internal::pset1<Packet<Scalar>>(x);
}

/// Says that a packet is to stay in its register. With the tuning for AMD's Zen, which -march=native turns on
/// there, gcc would rather load an operand again for each multiply-add: that makes products a third slower.
template <class P>
EIGEN_ALWAYS_INLINE void hold_in_register([[maybe_unused]] P& x) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__AVX__)
  __asm__("" : "+v"(x));
#endif
}

/// a b + c, rounded once where the machine can.
template <class P>
EIGEN_ALWAYS_INLINE P multiply_add(const P& a, const P& b, const P& c) {
  return Eigen::internal::pmadd(a, b, c);
}

template <class P>
EIGEN_ALWAYS_INLINE P add(const P& a, const P& b) {
  return Eigen::internal::padd(a, b);
}

template <class P>
EIGEN_ALWAYS_INLINE P subtract(const P& a, const P& b) {
  return Eigen::internal::psub(a, b);
}

/// Lane by lane; of a number and a NaN, either.
template <class P>
EIGEN_ALWAYS_INLINE P max(const P& a, const P& b) {
  return Eigen::internal::pmax(a, b);
}

/// The largest lane; where there is a NaN, any.
template <class P>
EIGEN_ALWAYS_INLINE auto max(const P& x) {
  return Eigen::internal::predux_max(x);
}

/// The sum of all lanes.
template <class P>
EIGEN_ALWAYS_INLINE auto sum(const P& x) {
  return Eigen::internal::predux(x);
}

/// A packet of zeros, one of all bits set, and one of zeros.
template <class Scalar>
inline constexpr auto lane_mask = [] {
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  constexpr std::size_t size = packet_size<Scalar>;
  std::array<Scalar, 3 * size> mask{};
  for (std::size_t i = size; i < 2 * size; ++i) mask[i] = std::bit_cast<Scalar>(~Bits(0));
  return mask;
}();

/// The last `lanes` lanes of x, 0 < lanes <= packet size, and zeros before them, whatever stood there.
template <class Scalar>
EIGEN_ALWAYS_INLINE Packet<Scalar> keep_last(const std::type_identity_t<Packet<Scalar>>& x, Index lanes) {
  return Eigen::internal::pand(x, load(lane_mask<Scalar>.data() + lanes));
}

/// The first `lanes` lanes, and zeros behind them.
template <class Scalar>
EIGEN_ALWAYS_INLINE Packet<Scalar> keep_first(const std::type_identity_t<Packet<Scalar>>& x, Index lanes) {
  return Eigen::internal::pand(x, load(lane_mask<Scalar>.data() + 2 * packet_size<Scalar> - lanes));
}

/// As many lanes from memory of which no more may be read, and zeros behind them.
template <class Scalar>
EIGEN_ALWAYS_INLINE Packet<Scalar> load_first(const Scalar* from, Index lanes) {
  std::array<Scalar, static_cast<std::size_t>(packet_size<Scalar>)> numbers{};
  std::copy_n(from, lanes, numbers.data());
  return load(numbers.data());
}

/// All bits of both: of two packets that have zeros in each other's lanes, one packet.
template <class P>
EIGEN_ALWAYS_INLINE P either(const P& a, const P& b) {
  return Eigen::internal::por(a, b);
}

/// Reads the square of `packet_size` rows from `from`, `stride` apart, and writes it transposed, without
/// gaps.
template <class Scalar>
EIGEN_ALWAYS_INLINE void transpose_square(const Scalar* from, Index stride, Scalar* to) {
  constexpr int size = packet_size<Scalar>;
  Eigen::internal::PacketBlock<Packet<Scalar>, size> square;
  for (int i = 0; i < size; ++i) square.packet[i] = load(from + i * stride);
  Eigen::internal::ptranspose(square);
  for (int i = 0; i < size; ++i) store(to + i * size, square.packet[i]);
}

}  // namespace gradus::ops::detail

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
