// SPDX-License-Identifier: MIT

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/nn.hpp>
#include <gradus/nn/sample.hpp>

#include "../support/instruction_sets.hpp"

using namespace gradus;
using namespace gradus::nn;

namespace {

/// Returns whether a and b have the same shape and the same bits.
template <class S>
bool same_bits(const Tensor<S>& a, const Tensor<S>& b) {
  return a.shape() == b.shape() && std::ranges::equal(std::as_bytes(a.span()), std::as_bytes(b.span()));
}

/// Predicts a few rows one by one, all but the first by the path of one sample, and checks that each has the
/// bits of a whole pass.
template <class S>
void check_rows(const Sequential<S>& net, Index in) {
  Generator random(3);
  Workspace<S> reused;
  for (int i = 0; i < 4; ++i) {
    const auto x = Tensor<S>::randn(Shape{1, in}, random);
    CHECK(same_bits(net.predict(x, reused), net.predict(x)));
  }
}

/// Reshapes `[N, in] -> [N, in, 1]` without computing anything.
template <class S>
struct AddAxis {
  Shape output_shape(const Shape& x) const { return Shape{x[0], x[1], 1}; }
  void forward(TensorView<const S> x, TensorView<S> y, Context&) const {
    std::copy_n(x.data(), x.size(), y.data());
  }
  void backward(TensorView<const S>, TensorView<const S>, TensorView<const S> dy, TensorView<S> dx,
                Context&) const {
    std::copy_n(dy.data(), dy.size(), dx.data());
  }
};

/// Counts the samples and the passes that it computes.
struct Counting {
  int* samples;
  int* passes;
  Shape output_shape(const Shape& x) const { return x; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    ++*passes;
    std::copy_n(x.data(), x.size(), y.data());
  }
  Index forward_sample(std::span<const float> x, std::span<float> y, Context&) const {
    const Index size = nn::detail::copy_sample(x, y);
    if (size >= 0) ++*samples;
    return size;
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float> dy,
                TensorView<float> dx, Context&) const {
    std::copy_n(dy.data(), dy.size(), dx.data());
  }
};

/// Repeats each row, `[N, in] -> [2N, in]`.
struct RepeatRows {
  Shape output_shape(const Shape& x) const { return Shape{2 * x[0], x[1]}; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    std::copy_n(x.data(), x.size(), y.data());
    std::copy_n(x.data(), x.size(), y.data() + x.size());
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float>, TensorView<float>,
                Context&) const {}
};

/// Joins all rows, `[N, in] -> [1, N in]`.
struct JoinRows {
  Shape output_shape(const Shape& x) const { return Shape{1, x.size()}; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    std::copy_n(x.data(), x.size(), y.data());
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float>, TensorView<float>,
                Context&) const {}
};

}  // namespace

TEST_CASE_TEMPLATE("predict_sample: each module gives the bits of a whole pass", S, float, double) {
  test::for_each_instruction_set([] {
    Generator random(7);
    // Sizes below, at and above a register, and rows left over by it.
    for (const Index in : {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100}) {
      for (const Index out : {1, 2, 3, 8, 15, 16, 17, 18, 33}) {
        CAPTURE(in);
        CAPTURE(out);
        check_rows(Sequential{Linear<S>{in, out, random}}, in);
        check_rows(Sequential{Linear<S>{in, out, random, {.bias = false}}, Tanh<S>{}}, in);
      }
    }
    check_rows(Sequential{Linear<S>{5, 9, random}, ReLU<S>{}, Linear<S>{9, 6, random}, Sigmoid<S>{}}, 5);
    check_rows(Sequential{ELU<S>{0.5}, LeakyReLU<S>{0.1}, SiLU<S>{}, GELU<S>{}, Softplus<S>{}}, 11);
    check_rows(Sequential{Flatten<S>{}, Dropout<S>{0.5}, Identity<S>{}, Linear<S>{6, 3, random}}, 6);
    check_rows(Sequential{Linear<S>{6, 5, random}, BatchNorm1d<S>{5}, LayerNorm<S>{5}, Softmax<S>{}}, 6);
    check_rows(Sequential{Sequential{Linear<S>{6, 5, random}, Tanh<S>{}}, Linear<S>{5, 2, random}}, 6);
    check_rows(Sequential{Linear<S>{784, 300, random}, ReLU<S>{}, Linear<S>{300, 10, random}}, 784);
    check_rows(Sequential{Linear<S>{0, 3, random}, Linear<S>{3, 0, random}}, 0);
  });
}

TEST_CASE("predict_sample: runs from the second row on") {
  int samples = 0, passes = 0;
  const Sequential<float> net{Counting{&samples, &passes}, Linear{3, 2}};
  const Tensor<float> row = Tensor<float>::full(Shape{1, 3}, 1), rows = Tensor<float>::full(Shape{2, 3}, 1);
  Workspace<float> workspace;
  net.predict(row, workspace);
  CHECK((samples == 0 && passes == 1));
  net.predict(row, workspace);
  net.predict(row, workspace);
  CHECK((samples == 2 && passes == 1));
  // Another batch size needs a whole pass, and so does the row after it, whose output has another shape.
  net.predict(rows, workspace);
  net.predict(row, workspace);
  CHECK((samples == 2 || passes == 3));
  net.predict(row, workspace);
  CHECK(samples >= 3);
}

TEST_CASE("predict_sample: a hook sees every child") {
  Sequential<float> net{Linear{3, 2}, Tanh{}};
  int calls = 0;
  net.on_forward([&](Index, TensorView<const float>, TensorView<const float>) { ++calls; });
  Workspace<float> workspace;
  for (int i = 0; i < 3; ++i) net.predict(Tensor<float>::full(Shape{1, 3}, 1), workspace);
  CHECK(calls == 6);
}

TEST_CASE("predict_sample: an output that is not [1, out] keeps its shape") {
  const Sequential<float> net{Linear{3, 2}, AddAxis<float>{}};
  Workspace<float> workspace;
  for (int i = 0; i < 3; ++i)
    CHECK(net.predict(Tensor<float>::full(Shape{1, 3}, 1), workspace).shape() == Shape{1, 2, 1});
}

TEST_CASE("predict_sample: does not begin if a module changes the number of rows") {
  int samples = 0, passes = 0;
  const Sequential<float> net{Counting{&samples, &passes}, RepeatRows{}, JoinRows{}, Linear{6, 2}};
  Workspace<float> workspace;
  for (int i = 0; i < 3; ++i)
    CHECK(net.predict(Tensor<float>::full(Shape{1, 3}, 1), workspace).shape() == Shape{1, 2});
  CHECK((samples == 0 && passes == 3));
}

TEST_CASE("predict_sample: a wrong input is reported with its layer, and the workspace stays usable") {
  Generator random(1);
  const Sequential<float> net{Linear{3, 4, random}, Tanh{}, Linear{4, 2, random}};
  const Sequential<float> wrong{Linear{3, 4, random}, Tanh{}, Linear{5, 2, random}};
  const auto x = Tensor<float>::randn(Shape{1, 3}, random);
  const Tensor<float> expected = net.predict(x);
  Workspace<float> workspace;
  net.predict(x, workspace);
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_WITH_AS(net.predict(Tensor<float>(Shape{1, 5}), workspace),
                         "Sequential: layer 0: Linear: input has shape [1, 5], expected [N, 3]", ShapeError);
    CHECK_THROWS_WITH_AS(wrong.predict(x, workspace),
                         "Sequential: layer 2: Linear: input has shape [1, 4], expected [N, 5]", ShapeError);
    CHECK(same_bits(net.predict(x, workspace), expected));
  }
}

TEST_CASE("predict_sample: a workspace serves networks of different widths in turn") {
  Generator random(2);
  const Sequential<float> narrow{Linear{3, 2, random}, Tanh{}, Linear{2, 4, random}};
  const Sequential<float> wide{Linear{3, 70, random}, Tanh{}, Linear{70, 4, random}};
  Workspace<float> workspace;
  for (int i = 0; i < 3; ++i) {
    const auto x = Tensor<float>::randn(Shape{1, 3}, random);
    CHECK(same_bits(narrow.predict(x, workspace), narrow.predict(x)));
    CHECK(same_bits(wide.predict(x, workspace), wide.predict(x)));
  }
}

TEST_CASE("predict_sample: NaN and infinities pass as in a whole pass") {
  Generator random(4);
  const Sequential<float> net{Linear{3, 20, random}, Tanh{}, Linear{20, 2, random}, ReLU{}};
  Workspace<float> workspace;
  for (const float special : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
    const auto x = Tensor<float>::full(Shape{1, 3}, special);
    for (int i = 0; i < 2; ++i) CHECK(same_bits(net.predict(x, workspace), net.predict(x)));
  }
}
