// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>

#include "../support/swish.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

namespace {

/// A module that counts the requests for its gradients and ignores requires_grad.
struct Counting {
  nn::Parameter<float> weight{Tensor<float>{2}};
  int* gradients;
  int* backwards;

  Shape output_shape(const Shape& x) const { return x; }
  void forward(gradus::TensorView<const float> x, gradus::TensorView<float> y, nn::Context&) const {
    y.array() = weight.value(0) * x.array();
  }
  void backward(gradus::TensorView<const float>, gradus::TensorView<const float>,
                gradus::TensorView<const float> dy, gradus::TensorView<float> dx, nn::Context&) const {
    ++*backwards;
    dx.array() = weight.value(0) * dy.array();
  }
  void gradient(gradus::TensorView<const float> x, gradus::TensorView<const float> dy, nn::Context&) {
    ++*gradients;
    weight.grad()(0) += (x.array() * dy.array()).sum();
  }
  void visit(auto&& f) { f("weight", weight); }
  void visit(auto&& f) const { f("weight", weight); }
};

double largest(const Tensor<float>& tensor) { return static_cast<double>(tensor.array().abs().maxCoeff()); }

}  // namespace

TEST_SUITE("freeze") {
  TEST_CASE("freeze: works by name, for nested networks and single children, and can be undone") {
    Generator random(0);
    nn::Sequential net{nn::Sequential{nn::Linear{2, 3, random}, nn::Tanh{}}, nn::Linear{3, 1, random}};
    const auto parameters = net.named_parameters();
    parameters[0]->grad().fill(1);
    CHECK(nn::freeze(net, [](const auto& p) { return p.name.starts_with("0."); }) == 2);
    CHECK_FALSE(parameters[0]->requires_grad);
    CHECK_FALSE(parameters[1]->requires_grad);
    CHECK(parameters[2]->requires_grad);
    CHECK(largest(parameters[0]->grad()) == 0);
    CHECK_FALSE(net[0].has_trainable_parameters());
    CHECK(net.has_trainable_parameters());
    CHECK(nn::freeze(net, [](const auto& p) { return p.name == "7.weight"; }) == 0);
    CHECK(nn::freeze(net[1]) == 2);
    CHECK_FALSE(net.has_trainable_parameters());
    CHECK(nn::unfreeze(net, optim::has_rank_above_one) == 2);
    CHECK(parameters[0]->requires_grad);
    CHECK_FALSE(parameters[1]->requires_grad);
    CHECK(nn::unfreeze(net) == 4);
  }

  TEST_CASE("freeze: a copy of the network keeps the frozen state, also with new weights") {
    Generator random(0);
    nn::Sequential net{nn::Linear{2, 3, random}, nn::BatchNorm1d{3}, nn::LayerNorm{3}};
    nn::freeze(net, [](const auto& p) { return p.name.ends_with("weight"); });
    nn::Sequential copy = net;
    copy.reset_parameters(random);
    for (const auto& p : copy.named_parameters()) CHECK(p->requires_grad == p.name.ends_with("bias"));
  }

  TEST_CASE("freeze: no gradient is computed, and backward stops at the first trainable child") {
    int first_gradients = 0, first_backwards = 0, second_gradients = 0, second_backwards = 0;
    nn::Sequential<float> net{Counting{.gradients = &first_gradients, .backwards = &first_backwards},
                              Counting{.gradients = &second_gradients, .backwards = &second_backwards},
                              Counting{.gradients = &second_gradients, .backwards = &second_backwards}};
    nn::freeze(net[0]);
    const Tensor<float> x{{1, 2}}, dy{{1, 1}};
    net.forward(x);
    net.backward(dy);
    CHECK(first_gradients == 0);
    CHECK(first_backwards == 0);
    CHECK(second_gradients == 2);
    CHECK(second_backwards == 1);  // the second child's input gradient is not needed
    nn::unfreeze(net);
    nn::freeze(net[1]);
    net.forward(x);
    net.backward(dy);
    CHECK(first_gradients == 1);
    CHECK(second_gradients == 3);
    CHECK(second_backwards == 3);
    nn::freeze(net);
    Tensor<float> dx(Shape{1, 2});
    net.forward(x);
    net.backward(dy, dx.view());  // still computed on request
    CHECK(dx == Tensor<float>{{8, 8}});
    CHECK(first_gradients == 1);
    CHECK(second_gradients == 3);
  }

  TEST_CASE("freeze: freezing one parameter of a layer does not change the other one's gradient") {
    Generator random(0);
    const Tensor<float> x = Tensor<float>::randn({5, 4}, random), dy = Tensor<float>::randn({5, 4}, random);
    nn::Sequential net{nn::Linear{4, 4, random}, nn::BatchNorm1d{4}, nn::LayerNorm{4}};
    net.forward(x);
    net.backward(dy);
    const nn::Sequential<float> whole = net;
    for (const std::string ending : {"weight", "bias"}) {
      net.zero_grad();
      nn::unfreeze(net);
      CHECK(nn::freeze(net, [&](const auto& p) { return p.name.ends_with(ending); }) == 3);
      net.forward(x);
      net.backward(dy);
      net.visit([&](std::string_view name, nn::Parameter<float>& p) {
        whole.visit([&](std::string_view other, const nn::Parameter<float>& expected) {
          if (name != other) return;
          if (p.requires_grad)
            CHECK(p.grad() == expected.grad());
          else
            CHECK(largest(p.grad()) == 0);
        });
      });
    }
  }

  TEST_CASE("freeze: no gradient is computed on the tape") {
    Generator random(0);
    nn::Sequential net{nn::Linear{2, 3, random}, nn::Linear{3, 1, random}};
    nn::freeze(net[0]);
    const Tensor<float> x{{1, 2}};
    gradus::Variable<float> y = net(x);
    y.backward();
    CHECK(largest(net[0].as<nn::Linear>().weight.grad()) == 0);
    CHECK(largest(net[1].as<nn::Linear>().weight.grad()) > 0);
    nn::freeze(net);
    CHECK_FALSE(net(x).requires_grad());
  }

  TEST_CASE("freeze: clipping ignores frozen parameters") {
    nn::Parameter<float> frozen{Tensor<float>{0}}, learns{Tensor<float>{0}};
    const std::vector<nn::NamedParameter<float>> parameters{{"frozen", &frozen}, {"learns", &learns}};
    frozen.grad().fill(100);
    learns.grad().fill(3);
    frozen.requires_grad = false;
    CHECK(optim::grad_norm(parameters) == 3);
    CHECK(optim::clip_grad_norm(parameters, 1) == 3);
    CHECK(learns.grad()(0) == doctest::Approx(1).epsilon(1e-5));
    CHECK(frozen.grad()(0) == 100);
    optim::clip_grad_value(parameters, 0.5);
    CHECK(learns.grad()(0) == 0.5f);
    CHECK(frozen.grad()(0) == 100);
  }

  TEST_CASE(
      "freeze: optimisers do not change frozen parameters; an unfrozen one starts with its first step") {
    nn::Parameter<double> frozen{Tensor<double>{1}}, learns{Tensor<double>{1}};
    optim::AdamW<double> adam{{{"frozen", &frozen}, {"learns", &learns}}, {.learning_rate = 1e-3}};
    frozen.requires_grad = false;
    for (int i = 0; i < 50; ++i) {
      frozen.grad().fill(1);
      learns.grad().fill(1);
      adam.step();
    }
    CHECK(frozen.value(0) == 1);  // neither the gradient nor weight decay changes it
    CHECK(frozen.grad()(0) == 0);
    CHECK(learns.value(0) < 0.96);
    frozen.requires_grad = true;
    frozen.grad().fill(1);
    adam.step();
    // PyTorch's first step of AdamW: 1 - 1e-3 * 1e-2 - 1e-3
    CHECK(frozen.value(0) == doctest::Approx(1 - 1e-5 - 1e-3).epsilon(1e-9));
  }

  TEST_CASE("freeze: the summary counts frozen parameters") {
    nn::Sequential net{nn::Linear{784, 256}, nn::ReLU{}, nn::Linear{256, 10}};
    nn::freeze(net[0]);
    const std::string text = nn::summary(net, {784});
    CHECK(text.find("Total parameters:         203,530 (795.04 KB)\n"
                    "Trainable parameters:     2,570 (10.04 KB)\n"
                    "Frozen parameters:        200,960 (785.00 KB)\n"
                    "Non-trainable parameters: 0 (0 B)\n") != std::string::npos);
  }
}
