// SPDX-License-Identifier: MIT

#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/nn/context.hpp>

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::StateError;
using gradus::nn::Context;

TEST_SUITE("context") {
  TEST_CASE("Context: a buffer keeps its elements as long as it does not grow") {
    Context context;
    auto first = context.buffer<float>(0, Shape{2, 3});
    for (float& element : first) element = 7;
    CHECK(context.buffer<double>(5, Shape{4}).shape() == Shape{4});
    const auto again = context.buffer<float>(0, Shape{2, 3});
    CHECK(again.data() == first.data());
    CHECK(again(1, 2) == 7);
    CHECK(context.buffer<float>(0, Shape{2}).data() == first.data());
    CHECK(context.buffer<float>(0, Shape{6, 1}).shape() == Shape{6, 1});
  }

  TEST_CASE("Context: buffers are aligned and never null, even if empty") {
    Context context;
    for (const Index size : {0, 1, 3, 1000}) {
      const auto buffer = context.buffer<double>(size, Shape{size});
      CHECK_FALSE(buffer.is_null());
      CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % gradus::tensor_alignment == 0);
    }
  }

  TEST_CASE("Context: a buffer larger than memory is refused without wrapping around") {
    Context context;
    const Index most = std::numeric_limits<Index>::max();
    CHECK_THROWS_AS(context.buffer<float>(0, Shape{most}), std::bad_alloc);
    CHECK_THROWS_AS(context.buffer<float>(0, Shape{most / 4}), std::bad_alloc);
    CHECK_THROWS_AS(context.buffer<double>(0, Shape{most / 2 + 1}), std::bad_alloc);
    CHECK_NOTHROW(context.buffer<float>(0, Shape{4}));
  }

  TEST_CASE("Context: children take part in the same pass and have their own buffers") {
    Generator random(1);
    Context context;
    context.begin({.training = true, .random = &random});
    CHECK(context.child(2).training());
    CHECK(&context.child(2).random() == &random);
    context.child(2).buffer<float>(0, Shape{1})(0) = 5;
    context.child(0).buffer<float>(0, Shape{1})(0) = 6;
    context.child(9).buffer<float>(0, Shape{1})(0) = 7;
    CHECK(context.child(2).buffer<float>(0, Shape{1})(0) == 5);
    context.begin({});
    CHECK_FALSE(context.child(2).training());
  }

  TEST_CASE("ContextPool: lends the memory of finished passes, but not their settings") {
    gradus::nn::detail::ContextPool pool;
    Context context = pool.take();
    auto threads = std::make_shared<gradus::ThreadPool>(2);
    const std::weak_ptr<gradus::ThreadPool> running = threads;
    context.begin({.training = true, .parallel = gradus::Parallel(threads.get()), .pool = threads});
    threads.reset();
    CHECK_FALSE(running.expired());
    const float* data = context.buffer<float>(0, Shape{4}).data();
    pool.give_back(std::move(context));
    CHECK(running.expired());
    Context again = pool.take(), another = pool.take();
    CHECK_FALSE(again.training());
    CHECK(again.buffer<float>(0, Shape{4}).data() == data);
    CHECK_FALSE(another.buffer<float>(0, Shape{4}).data() == data);
    const int no_network = 0;
    CHECK(gradus::nn::detail::context_pool(no_network) == nullptr);
  }

  TEST_CASE("Context: a pass without a generator cannot draw") {
    Context context;
    CHECK_THROWS_WITH_AS(context.random(), "Context: this pass needs random numbers but has no Generator",
                         StateError);
  }
}
