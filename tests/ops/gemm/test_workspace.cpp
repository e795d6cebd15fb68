// SPDX-License-Identifier: MIT

#include <cstdint>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/ops/gemm/panel_tile.hpp>
#include <gradus/ops/gemm/workspace.hpp>

using gradus::Index;
namespace detail = gradus::ops::detail;
namespace simd = gradus::simd;

TEST_CASE_TEMPLATE("GemmWorkspace: has room for the blocks of every instruction set, one after the other", S,
                   float, double) {
  using Workspace = detail::GemmWorkspace<S>;
  std::vector<S> memory(static_cast<std::size_t>(Workspace::size));
  const Workspace workspace(memory.data());
  CHECK(workspace.a_block == memory.data());
  CHECK(workspace.tile + Workspace::tile_size == memory.data() + memory.size());
  const auto check = [&]<class Isa>(Isa) {
    constexpr Index n = Isa::template lanes<S>, stride = detail::strip_stride<S>(n);
    const Index strips = (detail::block_rows<S> + n - 1) / n;
    CHECK(workspace.b_panel - workspace.a_block >= strips * stride);
    CHECK(workspace.tile - workspace.b_panel >= detail::tile_packs<Isa, S> * stride);
    CHECK(Workspace::tile_size >= detail::tile_rows<Isa, S> * detail::tile_packs<Isa, S> * n);
  };
  check(simd::Sse2{});
  check(simd::Neon{});
  check(simd::Avx2{});
  check(simd::Avx512{});
}

TEST_CASE("gemm_memory: is aligned, kept by its thread, and separate for products and visits") {
  using detail::MemoryUse;
  float* const first = detail::gemm_memory<float>(100);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
  first[99] = 7;
  CHECK(detail::gemm_memory<float>(50) == first);
  CHECK(detail::gemm_memory<float>(100) == first);
  CHECK(first[99] == 7);
  CHECK(detail::gemm_memory<float, MemoryUse::visit>(100) != first);
  const float* of_thread = nullptr;
  std::thread([&] { of_thread = detail::gemm_memory<float>(100); }).join();
  CHECK(of_thread != first);
  float* const larger = detail::gemm_memory<float>(1'000'000);
  larger[999'999] = 7;
  CHECK(detail::gemm_memory<float>(1'000'000) == larger);
}
