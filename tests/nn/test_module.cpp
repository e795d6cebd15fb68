#include <concepts>
#include <utility>

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
struct InDefaultNamespace {
  std::string name() const { return "called so"; }
};

static_assert(Module<Linear<float>, float> && Module<Linear<double>, double>);
static_assert(!Module<Linear<float>, double> && !Module<Linear<double>, float>);
static_assert(Module<Swish<float>, float> && Module<Scale<double>, double>);
static_assert(!Module<WithoutBackward, float> && !Module<ForwardNotConst, float> && !Module<int, float>);
static_assert(Module<Sequential<float>, float> && Container<Sequential<float>, float>);
static_assert(!Container<Linear<float>, float>);
static_assert(Module<gradus::nn::AnyModule<float>, float> && Container<gradus::nn::AnyModule<float>, float>);

// A copy stays a copy, whatever its scalar; a network of two becomes one that holds them.
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

}  // namespace

TEST_SUITE("module") {
  TEST_CASE("a module without a name is called by its type, wherever it comes from") {
    CHECK(gradus::nn::module_name(Swish<double>{}) == "Swish");
    CHECK(gradus::nn::module_name(WithoutBackward{}) == "WithoutBackward");
    CHECK(gradus::nn::module_name(InDefaultNamespace{}) == "called so");
    CHECK(gradus::nn::module_name(Sequential<float>{}) == "Sequential");
    CHECK(detail::type_name<int>() == "int");
  }
}
