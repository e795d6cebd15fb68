// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <queue>
#include <span>
#include <stack>
#include <string>
#include <tuple>
#include <valarray>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/gradus.hpp>

// Programs with both using-directives: this file calls every public function by its short name, including the
// names that used to be ambiguous with the standard library.

using namespace std;
using namespace gradus;
using namespace gradus::nn;
using namespace gradus::nn::init;
using namespace gradus::optim;

namespace {

struct Cube {
  Tensor<double> forward(TensorView<const double> x) const {
    Tensor<double> y(x.shape());
    y.array() = x.array().cube();
    return y;
  }
  Variable<double> backward(const Variable<double>& dy, const Variable<double>&,
                            const Variable<double>& x) const {
    return dy * 3 * x * x;
  }
};

struct Product {
  Tensor<double> forward(TensorView<const double> a, TensorView<const double> b) const {
    Tensor<double> y(a.shape());
    y.array() = a.array() * b.array();
    return y;
  }
  array<Variable<double>, 2> backward(const Variable<double>& dy, const Variable<double>&,
                                      const Variable<double>& a, const Variable<double>& b) const {
    return {dy * b, dy * a};
  }
};

double total(const Variable<double>& x) { return sum(x).item(); }

}  // namespace

TEST_CASE("using namespace std and gradus: functions and modules on the tape") {
  Variable x(Tensor<double>{1, 2}, requires_grad);
  const Variable constant = x;
  Cube cube;
  const Cube constant_cube;
  CHECK(total(apply_function(Cube{}, x)) == 9);
  CHECK(total(apply_function(cube, x)) == 9);
  CHECK(total(apply_function(constant_cube, constant)) == 9);
  CHECK(total(apply_function(Cube{}, x * 1.0)) == 9);
  CHECK(total(apply_function(Product{}, x, x)) == 5);

  Tanh<double> module;
  const Tanh<double> constant_module;
  Tensor<double> tensor{0};
  CHECK(total(apply(module, x)) == doctest::Approx(std::tanh(1.0) + std::tanh(2.0)));
  CHECK(total(apply(constant_module, constant)) == total(apply(module, x)));
  CHECK(total(apply(module, tensor)) == 0);
  CHECK(total(apply(module, std::as_const(tensor))) == 0);
  CHECK(total(apply(module, Tensor<double>{0})) == 0);
  CHECK(total(apply(module, tensor.view())) == 0);
  CHECK(total(apply(module, std::as_const(tensor).view())) == 0);
  CHECK(total(apply(module, x, {.training = false})) == total(apply(module, x)));
  Tanh<float> of_float;
  CHECK(total(apply(Tanh{}, x)) == total(apply(module, x)));
  CHECK(total(apply(Tanh{}, x, {.training = false})) == total(apply(module, x)));
  CHECK(total(apply(of_float, constant)) == total(apply(module, x)));

  // std::apply is still found.
  CHECK(apply([](int a, int b) { return a + b; }, make_tuple(1, 2)) == 3);
}

TEST_CASE("using namespace std and gradus: functions of one and two variables") {
  Variable x(Tensor<double>{1, 4}, requires_grad);
  Variable y(Tensor<double>{2, 3});
  CHECK(total(negative(x)) == -5);
  CHECK(total(add(x, y)) == 10);
  CHECK(total(add(x, 1)) == 7);
  CHECK(total(subtract(x, y)) == 0);
  CHECK(total(multiply(x, y)) == 14);
  CHECK(total(multiply(x, 2)) == 10);
  CHECK(total(divide(x, x)) == 2);
  CHECK(total(exp(x) - exp(x)) == 0);
  CHECK(total(log(x)) == doctest::Approx(std::log(4.0)));
  CHECK(total(sqrt(x)) == 3);
  CHECK(total(tanh(x * 0)) == 0);
  CHECK(total(sigmoid(x * 0)) == 1);
  CHECK(total(relu(x)) == 5);
  CHECK(total(abs(x)) == 5);
  CHECK(total(clamp(x, 0.0, 2.0)) == 3);
  CHECK(total(clamp(x, 2)) == 6);
  CHECK(total(pow(x, 2.0)) == 17);
  CHECK(total(pow(x, 2)) == 17);
  CHECK(total(pow(x, y)) == 65);
  CHECK(greater_than(x, 2.0) == Tensor<bool>{false, true});
  CHECK(greater_than(x, y) == Tensor<bool>{false, true});
  CHECK(total(where(greater_than(x, y), x, y)) == 6);
  CHECK(total(maximum(x, y)) == 6);
  CHECK(total(minimum(x, 2)) == 3);
}

TEST_CASE("using namespace std and gradus: reductions and shapes") {
  Variable x(Tensor<double>{{1, 2}, {3, 4}}, requires_grad);
  CHECK(sum(x).item() == 10);
  CHECK(sum(x, {0}).shape() == Shape{2});
  CHECK(mean(x, 1, keep_dims).shape() == Shape{2, 1});
  CHECK(max(x).item() == 4);
  CHECK(total(max(x, 0)) == 7);
  CHECK(total(max(x, {0})) == 7);
  CHECK(total(max(x, {0, 1})) == 4);
  CHECK(max(x, {0}, keep_dims).shape() == Shape{1, 2});
  CHECK(max(x, Axes::all(), keep_dims).shape() == Shape{1, 1});
  CHECK(min(x).item() == 1);
  CHECK(total(min(x, {1})) == 4);
  CHECK(total(min(x, -1, keep_dims)) == 4);
  CHECK(norm(x).item() == doctest::Approx(std::sqrt(30.0)));
  CHECK(total(norm(x, {0})) > 0);
  CHECK(logsumexp(x).item() > 4);
  CHECK(total(softmax(x)) == doctest::Approx(2));
  CHECK(total(log_softmax(x)) < 0);
  CHECK(matmul(x, x).shape() == Shape{2, 2});
  CHECK(reshape(x, {4}).rank() == 1);
  CHECK(permute(x, {1, 0}).shape() == Shape{2, 2});
  CHECK(transpose(x).shape() == Shape{2, 2});
  CHECK(expand(x, {3, 2, 2}).size() == 12);
  CHECK(sum_to(x, {2}).size() == 2);
  CHECK(total(slice_along(x, 0, 0, 1)) == 3);
  CHECK(concatenate({x, x}).size() == 8);
  CHECK(stack_along({x, x}).shape() == Shape{2, 2, 2});
  CHECK(stack_along(vector{x, x}, -1).shape() == Shape{2, 2, 2});
  CHECK(total(index_select(x, 0, {1, 1})) == 14);
  CHECK(total(gather(x, 1, Tensor<Index>{{0}, {1}})) == 5);
}

TEST_CASE("using namespace std and gradus: losses, gradients and data") {
  Variable x(Tensor<double>{{1, 2}, {3, 4}}, requires_grad);
  const vector<Index> labels{0, 1};
  CHECK(cross_entropy(x, labels).item() > 0);
  CHECK(mean_squared_error(x, x).item() == 0);
  CHECK(mse(x, x).item() == 0);
  CHECK(total(grad(sum(x), x)) == 4);
  CHECK(gradient_check([](const Variable<double>& v) { return v * v; }, Tensor<double>{1}));
  CHECK(allclose(Tensor<double>{1}, Tensor<double>{1}));
  CHECK(to_string(Tensor<double>{1}) == gradus::to_string(Tensor<double>{1}));
  Generator random(1);
  Sequential<double> net{Linear<double>{2, 2, random}, Tanh{}};
  weights(net, [&](auto w) { uniform(w, random); });
  CHECK(has_parameters(net));
  CHECK(module_name(net) == "Sequential");
  CHECK(summary(net, {2}).size() > 0);
  Index tensors = 0;
  visit_parameters(net, [&](std::string_view, auto&) { ++tensors; });
  visit_buffers(net, [&](std::string_view, auto&) { ++tensors; });
  visit_state(std::as_const(net), [&](std::string_view, const auto&) { ++tensors; });
  CHECK(tensors == 4);
  const Dataset<float, float> data{Tensor<float>(Shape{4, 1}), Tensor<float>(Shape{4, 1})};
  const auto [train, validation] = split(data, 0.5, random);
  CHECK(train.size() == validation.size());
}

TEST_CASE("using namespace std and gradus: names of the standard library") {
  vector<int> numbers{1, 3, 2};
  sort(numbers.begin(), numbers.end(), greater<>());
  CHECK(numbers == vector{3, 2, 1});
  stack<int> waiting;
  waiting.push(negate<int>()(1));
  CHECK(waiting.top() == -1);
  CHECK(slice(0, 2, 2).size() == 2);
  CHECK(accumulate(numbers.begin(), numbers.end(), 0) == 6);
  CHECK(visit([](auto number) { return static_cast<double>(number); }, variant<int, double>(2)) == 2);
  CHECK(max(1, 2) == 2);
  CHECK(min({3, 1, 2}) == 1);
  CHECK(clamp(5, 0, 3) == 3);
  CHECK(norm(complex<double>(3, 4)) == 25);
  CHECK(abs(-1.5) == 1.5);
  CHECK(exp(0.0) == 1);
}
