// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus::nn;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::TensorView;

namespace {

/// A module that doubles its input, or passes it on while switched off.
struct Doubler {
  const bool* on;

  Shape output_shape(const Shape& x) const { return x; }
  bool is_identity(const Context&) const { return !*on; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    y.array() = (*on ? 2 : 1) * x.array();
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float> dy,
                TensorView<float> dx, Context&) const {
    dx.array() = 2 * dy.array();
  }
};

}  // namespace

TEST_SUITE("chain") {
  TEST_CASE("Chain: backward finds the outputs where forward recorded them") {
    bool on = false;
    Sequential<float> net{Tanh{}, Doubler{&on}, Tanh{}};
    const Tensor<float> x{0.5f, -1}, dy{1, 1};
    Tensor<float> expected(x.shape()), dx(x.shape());
    net.forward(x);
    net.backward(dy, expected);
    net.forward(x);
    on = true;  // backward belongs to the pass that was recorded
    net.backward(dy, dx);
    CHECK(dx == expected);
    net.forward(x);
    net.backward(dy, dx);
    CHECK_FALSE(dx == expected);
  }

  TEST_CASE("Chain: plan records the shape of each output and which child writes it") {
    std::vector<AnyModule<float>> children{Flatten<float>{}, Linear<float>{4, 3}, Identity<float>{},
                                           Identity<float>{}};
    const detail::Hooks<float> hooks;
    Context context;
    const detail::Chain<const AnyModule<float>> chain(children, hooks, context);
    CHECK(chain.plan(Shape{5, 2, 2}) == Shape{5, 3});
    const auto& outputs = context.outputs();
    REQUIRE(outputs.size() == 4);
    CHECK(outputs[0].shape == Shape{5, 4});
    CHECK(outputs[0].writer == -1);  // the input of the pass
    CHECK(outputs[1].writer == 1);
    CHECK(outputs[2].writer == 1);
    CHECK(outputs[3].writer == 3);  // the last child writes the output of the pass, whatever it computes
    CHECK_THROWS_WITH_AS(chain.plan(Shape{5, 3}),
                         "Sequential: layer 1: Linear: input has shape [5, 3], expected [N, 4]",
                         gradus::ShapeError);
  }
}
