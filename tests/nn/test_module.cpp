// SPDX-License-Identifier: MIT

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

#include "../support/swish.hpp"

using gradus::Shape;
using gradus::TensorView;
using gradus::nn::Container;
using gradus::nn::Context;
using gradus::nn::Linear;
using gradus::nn::Module;
using gradus::nn::Sequential;
using third_party::Scale;
using third_party::Swish;
namespace detail = gradus::nn::detail;

namespace {

struct WithoutBackward {
  Shape output_shape(const Shape& x) const { return x; }
  void forward(TensorView<const float>, TensorView<float>, Context&) const {}
};
struct ForwardNotConst {
  Shape output_shape(const Shape& x) const { return x; }
  void forward(TensorView<const float>, TensorView<float>, Context&) {}
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float>, TensorView<float>,
                Context&) const {}
};
/// A module that inherits a cast, which would turn it into a plain Tanh.
struct LoudTanh : gradus::nn::Tanh<float> {
  float volume = 2;
};
template <class Scalar>
struct LouderTanh : gradus::nn::Tanh<Scalar> {
  Scalar volume = 3;
};
template <class Scalar>
struct OwnCast : gradus::nn::Tanh<Scalar> {
  Scalar volume = 1;
  template <class Other>
  OwnCast<Other> cast() const {
    OwnCast<Other> other;
    other.volume = static_cast<Other>(volume);
    return other;
  }
};

static_assert(Module<Linear<float>, float> && Module<Linear<double>, double>);
static_assert(!Module<Linear<float>, double> && !Module<Linear<double>, float>);
static_assert(Module<Swish<float>, float> && Module<Scale<double>, double>);
static_assert(!Module<WithoutBackward, float> && !Module<ForwardNotConst, float> && !Module<int, float>);
static_assert(Module<Sequential<float>, float> && Container<Sequential<float>, float>);
static_assert(!Container<Linear<float>, float>);
static_assert(Module<gradus::nn::AnyModule<float>, float> && Container<gradus::nn::AnyModule<float>, float>);

// A copy is still a copy, whatever the scalar; a network of two networks holds both.
static_assert(
    std::same_as<decltype(Sequential(std::declval<const Sequential<double>&>())), Sequential<double>>);
static_assert(std::same_as<decltype(Sequential(std::declval<Linear<double>>())), Sequential<double>>);
static_assert(
    std::same_as<decltype(Sequential(Sequential<float>{}, Sequential<float>{})), Sequential<float>>);
static_assert(!std::convertible_to<int, Sequential<float>> &&
              !std::convertible_to<WithoutBackward, Sequential<float>>);

static_assert(detail::HasParameters<Linear<float>> && detail::HasGradient<Linear<float>, float>);
static_assert(!detail::HasParameters<Swish<float>> && !detail::HasGradient<Swish<float>, float>);
static_assert(detail::HasIsIdentity<gradus::nn::Flatten<float>> && !detail::HasIsIdentity<Linear<float>>);
static_assert(detail::HasReset<Linear<float>> && !detail::HasReset<Scale<float>>);

/// Returns whether parameterless modules for float and double can be put into networks of either scalar.
template <template <class> class M>
constexpr bool fits_any_scalar() {
  using gradus::nn::ModuleFor;
  return ModuleFor<M<float>, double> && ModuleFor<M<double>, float> && !Module<M<float>, double>;
}
static_assert(fits_any_scalar<gradus::nn::ReLU>() && fits_any_scalar<gradus::nn::Sigmoid>());
static_assert(fits_any_scalar<gradus::nn::Tanh>() && fits_any_scalar<gradus::nn::LeakyReLU>());
static_assert(fits_any_scalar<gradus::nn::ELU>() && fits_any_scalar<gradus::nn::GELU>());
static_assert(fits_any_scalar<gradus::nn::SiLU>() && fits_any_scalar<gradus::nn::Softplus>());
static_assert(fits_any_scalar<gradus::nn::Softmax>() && fits_any_scalar<gradus::nn::Identity>());
static_assert(fits_any_scalar<gradus::nn::Flatten>() && fits_any_scalar<gradus::nn::Dropout>());
static_assert(!gradus::nn::ModuleFor<Linear<float>, double> && !gradus::nn::ModuleFor<Swish<float>, double>);

/// A module whose visit functions are not const.
struct Counter : Scale<float> {
  gradus::Tensor<float> count{7};

  template <class F>
  void visit_buffers(F&& f) {
    f("count", count);
  }
};
static_assert(detail::HasParameters<Counter> && !detail::HasParameters<const Counter>);
static_assert(detail::HasParameters<const Linear<float>>);
static_assert(detail::HasParameters<const gradus::nn::BatchNorm1d<float>>);
static_assert(detail::HasBuffers<const gradus::nn::BatchNorm1d<float>>);
static_assert(detail::HasParameters<const gradus::nn::LayerNorm<float>>);

/// Returns the names and values that visiting a module's state yields, and whether they are const.
template <class M>
std::string state_of(M& module) {
  std::string text;
  gradus::nn::visit_state(module, [&](std::string_view name, auto& tensor) {
    constexpr bool constant = std::is_const_v<std::remove_reference_t<decltype(tensor)>>;
    text += std::string(name) + (constant ? " constant " : " variable ") +
            std::to_string(static_cast<int>(tensor.data()[0] * 10)) + "; ";
  });
  return text;
}

}  // namespace

TEST_SUITE("module") {
  TEST_CASE("Module: a const module can be visited, with or without its own const visit") {
    Counter counter;
    CHECK(state_of(counter) == "factor variable 15; count variable 70; ");
    CHECK(state_of(std::as_const(counter)) == "factor constant 15; count constant 70; ");
    gradus::nn::BatchNorm1d<float> norm(1);
    CHECK(state_of(std::as_const(norm)) ==
          "weight constant 10; bias constant 0; running_mean constant 0; running_var constant 10; ");
    const Sequential<float> net{counter, norm, Sequential<float>{gradus::nn::LayerNorm<float>(1)}};
    CHECK(state_of(net) ==
          "0.factor constant 15; 1.weight constant 10; 1.bias constant 0; 2.0.weight constant 10; "
          "2.0.bias constant 0; 0.count constant 70; 1.running_mean constant 0; 1.running_var constant 10; ");
  }

  TEST_CASE("Module: the protocol does nothing for members that a module lacks") {
    Swish<float> swish;
    Context context;
    gradus::Generator random(1);
    CHECK(state_of(swish) == "");
    CHECK_FALSE(gradus::nn::has_parameters(swish));
    CHECK_FALSE(gradus::nn::is_identity(swish, context));
    CHECK_NOTHROW(gradus::nn::update(swish, context));
    CHECK_NOTHROW(gradus::nn::reset_parameters(swish, random));
    CHECK(gradus::nn::has_parameters(Sequential<float>{Linear<float>(1, 1)}));
    CHECK_FALSE(gradus::nn::has_parameters(Sequential<float>{swish}));
  }

  TEST_CASE("Module: accumulate adds to gradients and skips a gradient that is not required") {
    Scale<double> scale;
    Context context;
    const gradus::Tensor<double> x{1, 2}, dy{3, 4};
    gradus::Tensor<double> dx(Shape{2});
    gradus::nn::accumulate<double>(scale, x, x, dy, dx, context);
    CHECK(dx == gradus::Tensor<double>{4.5, 6});
    gradus::nn::accumulate<double>(scale, x, x, dy, TensorView<double>{}, context);
    CHECK(scale.factor.grad()(0) == 22);
  }

  TEST_CASE("Module: modules without parameters adapt to the network's scalar and keep their settings") {
    using namespace gradus::nn;
    const Sequential<double> net{Flatten{},
                                 Linear<double>{2, 2},
                                 Tanh{},
                                 ReLU{},
                                 Sigmoid{},
                                 ELU{0.5},
                                 LeakyReLU{0.25},
                                 SiLU{},
                                 Identity{},
                                 Softplus{{.beta = 2.0, .threshold = 10.0}},
                                 GELU{GELUForm::tanh},
                                 Softmax{},
                                 Dropout{0.125}};
    CHECK(net.predict(gradus::Tensor<double>{{1, 2}}).shape() == Shape{1, 2});
    CHECK(net[2].get_if<Tanh<double>>() != nullptr);
    CHECK(net[2].get_if<Tanh<float>>() == nullptr);
    CHECK(net[5].as<ELU>().alpha() == 0.5);
    CHECK(net[6].as<LeakyReLU>().slope() == 0.25);
    CHECK(net[9].as<Softplus>().options().beta == 2);
    CHECK(net[9].as<Softplus>().options().threshold == 10);
    CHECK(net[10].as<GELU>().form() == GELUForm::tanh);
    CHECK(net[12].as<Dropout>().p() == 0.125);

    Sequential<double> grown;
    grown.push_back(Tanh{});
    grown.push_back(Tanh<double>{});
    const AnyModule<double> any = Dropout{0.25};
    CHECK(any.as<Dropout>().p() == 0.25);
    const gradus::Tensor<double> x{{0.5, -1}};
    CHECK(grown.predict(x) == Sequential<double>{Tanh<double>{}, Tanh<double>{}}.predict(x));
  }

  TEST_CASE("Module: a derived class is cast only by its own cast and keeps its type") {
    using namespace gradus::nn;
    static_assert(ModuleFor<LoudTanh, float>);
    static_assert(!ModuleFor<LoudTanh, double>);
    static_assert(!ModuleFor<LouderTanh<float>, double>);
    static_assert(ModuleFor<OwnCast<float>, double>);
    const Sequential<float> kept{LoudTanh{}, Linear{2, 2}};
    CHECK(kept[0].get_if<LoudTanh>() != nullptr);
    OwnCast<float> loud;
    loud.volume = 3;
    const AnyModule<double> cast = loud;
    CHECK(cast.as<OwnCast<double>>().volume == 3);
  }

  TEST_CASE("Module: modules with parameters determine the scalar of a network, the others adapt") {
    using namespace gradus::nn;
    static_assert(
        std::same_as<decltype(Sequential{Flatten{}, Linear<double>{2, 2}, Tanh{}}), Sequential<double>>);
    static_assert(std::same_as<decltype(Sequential{Tanh{}, Linear{2, 2}, ReLU{}}), Sequential<float>>);
    static_assert(std::same_as<decltype(Sequential{Tanh<double>{}, Linear{2, 2}}), Sequential<float>>);
    static_assert(std::same_as<decltype(Sequential{Tanh<double>{}, ReLU<double>{}}), Sequential<double>>);
    static_assert(std::same_as<decltype(Sequential{Tanh<double>{}}), Sequential<double>>);
    static_assert(std::same_as<decltype(Sequential{Tanh{}, ReLU<double>{}}), Sequential<float>>);
    static_assert(std::same_as<decltype(Sequential{Sequential<double>{}, Tanh{}}), Sequential<double>>);
  }
}
