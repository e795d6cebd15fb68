// SPDX-License-Identifier: MIT

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/activation.hpp>
#include <gradus/ops/affine.hpp>
#include <gradus/ops/batch_norm.hpp>
#include <gradus/ops/batch_statistics.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/dropout.hpp>
#include <gradus/ops/elementwise.hpp>
#include <gradus/ops/elu.hpp>
#include <gradus/ops/extremum.hpp>
#include <gradus/ops/gelu.hpp>
#include <gradus/ops/indexing.hpp>
#include <gradus/ops/layer_norm.hpp>
#include <gradus/ops/leaky_relu.hpp>
#include <gradus/ops/matmul.hpp>
#include <gradus/ops/matrix_product.hpp>
#include <gradus/ops/mean_squared_error.hpp>
#include <gradus/ops/norm.hpp>
#include <gradus/ops/permute.hpp>
#include <gradus/ops/select.hpp>
#include <gradus/ops/silu.hpp>
#include <gradus/ops/softmax.hpp>
#include <gradus/ops/softmax_cross_entropy.hpp>
#include <gradus/ops/softplus.hpp>

namespace ops = gradus::ops;
using gradus::Index;
using gradus::IndexError;
using gradus::MatrixView;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;

namespace {

/// An argument and a valid shape. Some arguments may also have a leading batch axis.
struct Argument {
  Argument(Shape shape_, bool takes_batch_ = false) : shape(shape_), takes_batch(takes_batch_) {}
  Shape shape;
  bool takes_batch;
};
Argument batched(const Shape& shape) { return {shape, true}; }

using View = TensorView<float>;
using Views = std::vector<View>;

/// A call of a function with tensors of given shapes.
struct Call {
  const char* operation;
  std::vector<Argument> arguments;
  std::function<void(const Views&)> run;
};

MatrixView<float> matrix(const View& x) { return {x.data(), x.shape()[0], x.shape()[1]}; }
std::vector<Index> zeros(const View& x) { return std::vector<Index>(static_cast<std::size_t>(x.size())); }

/// A bool tensor that reports its changes as changes of a float tensor of the same shape.
class BoolOutput {
 public:
  explicit BoolOutput(View shown) : shown_(shown), values_(shown.shape()) {
    std::ranges::fill(values_, true);
  }
  ~BoolOutput() {
    if (std::ranges::count(values_, true) < shown_.size()) shown_.data()[0] = 0;
  }
  TensorView<bool> view() { return values_.view(); }

 private:
  View shown_;
  Tensor<bool> values_;
};

/// The arguments of a call, each between guards and filled with its own number, so that copies are detected
/// too.
class Arguments {
 public:
  explicit Arguments(const std::vector<Shape>& shapes) {
    for (const Shape& shape : shapes)
      memory_.emplace_back(static_cast<std::size_t>(shape.size() + 2 * guard), number(memory_.size()));
    for (std::size_t i = 0; i < shapes.size(); ++i) views_.emplace_back(memory_[i].data() + guard, shapes[i]);
  }
  const Views& views() const { return views_; }
  bool are_untouched() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      const auto is_untouched = [i](float x) { return x == number(i); };
      if (!std::ranges::all_of(memory_[i], is_untouched)) return false;
    }
    return true;
  }

 private:
  static float number(std::size_t argument) { return 0.4375f + static_cast<float>(argument); }

  static constexpr Index guard = 64;
  std::vector<std::vector<float>> memory_;
  Views views_;
};

std::vector<Shape> shapes_of(const Call& call) {
  std::vector<Shape> shapes;
  for (const Argument& argument : call.arguments) shapes.push_back(argument.shape);
  return shapes;
}

std::vector<Shape> wrong_shapes(const Argument& argument) {
  const Shape& right = argument.shape;
  std::vector<Shape> shapes{right.with(-1, right[-1] + 1), right.with(-1, right[-1] - 1)};
  if (!argument.takes_batch) shapes.push_back(right.prepend(5));
  return shapes;
}

/// Returns the message of the ShapeError that a call throws, if any.
std::optional<std::string> shape_error(const Call& call, const Views& views) {
  try {
    call.run(views);
  } catch (const ShapeError& error) {
    return error.what();
  }
  return std::nullopt;
}

const Shape s{4, 3}, columns{3}, rows{4};

Call unary(const char* operation, void (*f)(gradus::Input<float>, View)) {
  return {operation, {s, s}, [f](const Views& v) { f(v[0], v[1]); }};
}
Call unary_backward(const char* operation, void (*f)(gradus::Input<float>, gradus::Input<float>, View)) {
  return {operation, {s, s, s}, [f](const Views& v) { f(v[0], v[1], v[2]); }};
}

const std::vector<Call> elementwise_calls = {
    unary("relu", ops::relu<float>),
    unary_backward("relu_backward", ops::relu_backward<float>),
    unary("sigmoid", ops::sigmoid<float>),
    unary_backward("sigmoid_backward", ops::sigmoid_backward<float>),
    unary("tanh", ops::tanh<float>),
    unary_backward("tanh_backward", ops::tanh_backward<float>),
    unary("exp", ops::exp<float>),
    unary_backward("exp_backward", ops::exp_backward<float>),
    unary("log", ops::log<float>),
    unary_backward("log_backward", ops::log_backward<float>),
    unary("sqrt", ops::sqrt<float>),
    unary_backward("sqrt_backward", ops::sqrt_backward<float>),
    unary("abs", ops::abs<float>),
    unary_backward("abs_backward", ops::abs_backward<float>),
    unary("gelu", ops::gelu<float>),
    unary_backward("gelu_backward", ops::gelu_backward<float>),
    unary("gelu_tanh", ops::gelu_tanh<float>),
    unary_backward("gelu_tanh_backward", ops::gelu_tanh_backward<float>),
    unary("silu", ops::silu<float>),
    unary_backward("silu_backward", ops::silu_backward<float>),
    unary("softmax", ops::softmax<float>),
    unary_backward("softmax_backward", ops::softmax_backward<float>),
    unary("log_softmax", ops::log_softmax<float>),
    unary_backward("log_softmax_backward", ops::log_softmax_backward<float>),
    {"lerp", {s, s}, [](const Views& v) { ops::lerp<float>(0.5f, v[0], v[1]); }},
    {"pow", {s, s}, [](const Views& v) { ops::pow<float>(v[0], 2, v[1]); }},
    {"pow_backward", {s, s, s}, [](const Views& v) { ops::pow_backward<float>(v[0], 3, v[1], v[2]); }},
    {"clamp", {s, s}, [](const Views& v) { ops::clamp<float>(v[0], 1, 2, v[1]); }},
    {"clamp_backward", {s, s, s}, [](const Views& v) { ops::clamp_backward<float>(v[0], 1, 2, v[1], v[2]); }},
    {"elu", {s, s}, [](const Views& v) { ops::elu<float>(v[0], 1, v[1]); }},
    {"elu_backward", {s, s, s}, [](const Views& v) { ops::elu_backward<float>(v[0], v[1], 1, v[2]); }},
    {"leaky_relu", {s, s}, [](const Views& v) { ops::leaky_relu<float>(v[0], 0.1, v[1]); }},
    {"leaky_relu_backward",
     {s, s, s},
     [](const Views& v) { ops::leaky_relu_backward<float>(v[0], v[1], 0.1, v[2]); }},
    {"softplus", {s, s}, [](const Views& v) { ops::softplus<float>(v[0], 1, 20, v[1]); }},
    {"softplus_backward",
     {s, s, s},
     [](const Views& v) { ops::softplus_backward<float>(v[0], v[1], 1, 20, v[2]); }},
    {"dropout", {s, s, s}, [](const Views& v) { ops::dropout<float>(v[0], v[1], 0.5, v[2]); }},
    {"dropout_backward",
     {s, s, s},
     [](const Views& v) { ops::dropout_backward<float>(v[0], v[1], 0.5, v[2]); }},
    {"inverse_deviation", {s, s}, [](const Views& v) { ops::inverse_deviation<float>(v[0], 1, v[1]); }},
    {"mean_squared_error",
     {s, s, s},
     [](const Views& v) { ops::mean_squared_error<float>(v[0], v[1], v[2]); }},
    {"mean_squared_error",
     {Shape{0, 3}, Shape{0, 3}, Shape{0, 3}},
     [](const Views& v) { ops::mean_squared_error<float>(v[0], v[1], v[2]); }},
    {"binary_cross_entropy",
     {s, s, s},
     [](const Views& v) { ops::binary_cross_entropy<float>(v[0], v[1], v[2]); }},
    {"binary_cross_entropy",
     {Shape{0, 3}, Shape{0, 3}, Shape{0, 3}},
     [](const Views& v) { ops::binary_cross_entropy<float>(v[0], v[1], v[2]); }},
};

const std::vector<Call> matrix_calls = {
    {"affine",
     {s, Shape{2, 3}, Shape{2}, Shape{4, 2}},
     [](const Views& v) { ops::affine<float>(v[0], v[1], v[2], v[3]); }},
    {"affine",
     {s, Shape{2, 3}, Shape{4, 2}},
     [](const Views& v) { ops::affine<float>(v[0], v[1], {}, v[2]); }},
    {"affine_input_gradient",
     {Shape{4, 2}, Shape{2, 3}, s},
     [](const Views& v) { ops::affine_input_gradient<float>(v[0], v[1], v[2]); }},
    {"affine_weight_gradient",
     {s, Shape{4, 2}, Shape{2, 3}},
     [](const Views& v) { ops::affine_weight_gradient<float>(v[0], v[1], v[2]); }},
    {"visit_affine_weight_gradient",
     {Shape{3, 4}, Shape{2, 4}},
     [](const Views& v) {  // transposed, so that a wrong last extent becomes a wrong number of rows
       const auto transposed = [](const View& x) {
         return x.rank() == 2 ? View(x.data(), {x.shape()[1], x.shape()[0]}) : x;
       };
       ops::visit_affine_weight_gradient<float>(transposed(v[0]), transposed(v[1]),
                                                [&](Index, auto) { v[0].data()[0] = 0; });
     }},
    {"affine_bias_gradient",
     {s, columns},
     [](const Views& v) { ops::affine_bias_gradient<float>(v[0], v[1]); }},
    {"matrix_product",
     {batched({4, 3}), batched({3, 2}), batched({4, 2})},
     [](const Views& v) { ops::matrix_product<float>(matrix(v[0]), matrix(v[1]), matrix(v[2])); }},
    {"matmul",
     {batched({4, 3}), batched({3, 2}), Shape{4, 2}},
     [](const Views& v) { ops::matmul<float>(v[0], ops::Transpose::no, v[1], ops::Transpose::no, v[2]); }},
    {"matmul",
     {batched({3, 4}), batched({2, 3}), Shape{4, 2}},
     [](const Views& v) { ops::matmul<float>(v[0], ops::Transpose::yes, v[1], ops::Transpose::yes, v[2]); }},
};

const std::vector<Call> norm_calls = {
    {"batch_statistics",
     {s, columns, columns, columns},
     [](const Views& v) { ops::batch_statistics<float>(v[0], v[1], v[2], v[3]); }},
    {"batch_norm",
     {s, columns, columns, columns, columns, s, columns},
     [](const Views& v) { ops::batch_norm<float>(v[0], v[1], v[2], v[3], v[4], v[5], v[6]); }},
    {"batch_norm_parameter_gradient",
     {s, s, columns, columns, columns, columns, columns},
     [](const Views& v) {
       ops::batch_norm_parameter_gradient<float>(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
     }},
    {"batch_norm_backward",
     {s, s, columns, columns, columns, s, columns, columns, columns},
     [](const Views& v) {
       ops::batch_norm_backward<float>(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]);
     }},
    {"batch_norm_backward_from_sums",
     {s, s, columns, columns, columns, s, columns, columns, columns},
     [](const Views& v) {
       ops::batch_norm_backward_from_sums<float>(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], 5, v[8]);
     }},
    {"batch_norm_fixed_backward",
     {s, columns, columns, s},
     [](const Views& v) { ops::batch_norm_fixed_backward<float>(v[0], v[1], v[2], v[3]); }},
    {"layer_norm",
     {s, columns, columns, s, rows, rows, rows},
     [](const Views& v) { ops::layer_norm<float>(v[0], v[1], v[2], 1e-5, v[3], v[4], v[5], v[6]); }},
    {"layer_norm_backward",
     {s, s, columns, rows, rows, s, rows},
     [](const Views& v) { ops::layer_norm_backward<float>(v[0], v[1], v[2], v[3], v[4], v[5], v[6]); }},
    {"layer_norm_parameter_gradient",
     {s, s, rows, rows, columns, columns, rows},
     [](const Views& v) {
       ops::layer_norm_parameter_gradient<float>(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
     }},
    {"softmax_cross_entropy",
     {s, rows, s, columns},
     [](const Views& v) {
       ops::softmax_cross_entropy<float>(v[0], zeros(v[1]), v[2], {.class_weights = v[3].span()});
     }},
};

const std::vector<Call> shape_calls = {
    {"add", {s, s, s}, [](const Views& v) { ops::broadcast<float>("add", std::plus<>{}, v[0], v[1], v[2]); }},
    {"add",
     {s, columns, s},
     [](const Views& v) { ops::broadcast<float>("add", std::plus<>{}, v[0], v[1], v[2]); }},
    {"expand", {columns, batched(s)}, [](const Views& v) { ops::expand<float>(v[0], v[1]); }},
    {"sum_to", {batched(s), columns}, [](const Views& v) { ops::sum_to<float>(v[0], v[1]); }},
    {"mean_to", {batched(s), columns}, [](const Views& v) { ops::mean_to<float>(v[0], v[1]); }},
    {"norm_to", {batched(s), columns}, [](const Views& v) { ops::norm_to<float>(v[0], v[1]); }},
    {"extremum_to",
     {batched(s), columns},
     [](const Views& v) { ops::extremum_to<float>(ops::Extremum::maximum, v[0], v[1]); }},
    {"compare",
     {s, s, s},
     [](const Views& v) {
       BoolOutput y(v[2]);
       ops::compare<float>([](float, float) { return false; }, v[0], v[1], y.view());
     }},
    {"where",
     {s, s, s, s},
     [](const Views& v) {
       const Tensor<bool> condition(v[0].shape());
       ops::where<float>(condition, v[1], v[2], v[3]);
     }},
    {"permute",
     {s, Shape{3, 4}},
     [](const Views& v) {
       ops::permute<float>(v[0], {1, 0}, v[1]);
     }},
    {"slice", {Shape{2, 8}, Shape{2, 4}}, [](const Views& v) { ops::slice<float>(v[0], 1, 1, 2, v[1]); }},
    {"slice_add",
     {Shape{2, 4}, Shape{2, 8}},
     [](const Views& v) { ops::slice_add<float>(v[0], 1, 1, 2, v[1]); }},
    {"index_select",
     {s, Shape{2}, Shape{2, 3}},
     [](const Views& v) { ops::index_select<float>(v[0], 0, zeros(v[1]), v[2]); }},
    {"index_add",
     {Shape{2, 3}, Shape{2}, s},
     [](const Views& v) { ops::index_add<float>(v[0], 0, zeros(v[1]), v[2]); }},
    {"gather",
     {s, Shape{2, 3}, Shape{2, 3}},
     [](const Views& v) {
       const Tensor<Index> indices(v[1].shape());
       ops::gather<float>(v[0], 0, indices, v[2]);
     }},
    {"scatter_add",
     {Shape{2, 3}, Shape{2, 3}, s},
     [](const Views& v) {
       const Tensor<Index> indices(v[1].shape());
       ops::scatter_add<float>(v[0], 0, indices, v[2]);
     }},
};

/// Returns whether a function accepts a shape although it differs from the one in the table.
bool is_legal(const Call& call, std::size_t i, const Shape& shape) {
  const std::string name = call.operation;
  // A slice may cover a part of x, and x may be larger than the indices along other axes.
  if (name == "slice" || name == "slice_add") return shape == Shape{2, 9} || shape == Shape{2, 3};
  if (name == "gather" || name == "scatter_add") return i != 1 && shape == Shape{4, 4};
  return false;
}

/// Checks a message of the form `operation: what was found, expected what was expected`. The former names the
/// shape of an argument, and the latter must differ from it.
void check_message(const std::string& message, const std::string& operation,
                   const std::vector<Shape>& shapes) {
  CHECK(message.starts_with(operation + ": "));
  const std::string separator = ", expected ";
  const std::size_t end = message.find(separator);
  REQUIRE(end != message.npos);
  const std::string found = message.substr(0, end), expected = message.substr(end + separator.size());
  const auto is_found = [&](const Shape& shape) {
    const auto has = [&](const std::string& text) { return found.find(text) != found.npos; };
    return has(shape.to_string()) || has(": " + std::to_string(shape.size()) + " ") ||
           has("rank " + std::to_string(shape.rank())) ||
           (shape.rank() == 2 && has(Shape{shape[1], shape[0]}.to_string()));
  };
  CHECK(std::ranges::any_of(shapes, is_found));
  CHECK_FALSE(expected.empty());
  CHECK_FALSE(found.ends_with(expected));
}

/// Checks that f throws an E with this message.
template <class E, class F>
void check_error(const std::string& expected, const F& f) {
  std::string message = "no error";
  try {
    f();
  } catch (const E& error) {
    message = error.what();
  }
  CHECK(message == expected);
}

void check_calls(const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    const std::string operation = call.operation;
    CAPTURE(operation);
    const std::vector<Shape> right = shapes_of(call);
    REQUIRE_NOTHROW(call.run(Arguments(right).views()));
    for (std::size_t i = 0; i < right.size(); ++i) {
      for (const Shape& wrong : wrong_shapes(call.arguments[i])) {
        if (is_legal(call, i, wrong)) continue;
        CAPTURE(i);
        CAPTURE(wrong.to_string());
        std::vector<Shape> shapes = right;
        shapes[i] = wrong;
        const Arguments arguments(shapes);
        const std::optional<std::string> message = shape_error(call, arguments.views());
        CHECK(arguments.are_untouched());
        CHECK_MESSAGE(message.has_value(), "no ShapeError");
        if (!message) continue;
        CAPTURE(*message);
        check_message(*message, operation, shapes);
      }
    }
  }
}

}  // namespace

TEST_SUITE("ops: shape checks") {
  TEST_CASE("ops: element-wise functions and losses check all arguments before they write") {
    check_calls(elementwise_calls);
  }
  TEST_CASE("ops: matrix products check all arguments before they write") { check_calls(matrix_calls); }
  TEST_CASE("ops: normalisation and cross-entropy check all arguments before they write") {
    check_calls(norm_calls);
  }
  TEST_CASE("ops: shape functions check all arguments before they write") { check_calls(shape_calls); }

  TEST_CASE("matmul: refuses a result without a row or a column axis") {
    const Arguments arguments({Shape{4, 3}, Shape{3, 2}, Shape{8}, Shape{}});
    const Views& v = arguments.views();
    const auto multiply_into = [&](const View& y) {
      return [&, y] { ops::matmul<float>(v[0], ops::Transpose::no, v[1], ops::Transpose::no, y); };
    };
    check_error<ShapeError>("matmul: output has shape [8], expected [4, 2]", multiply_into(v[2]));
    check_error<ShapeError>("matmul: output has shape [], expected [4, 2]", multiply_into(v[3]));
    check_error<ShapeError>("matmul: output has shape [0], expected [4, 2]", multiply_into(View{}));
    CHECK(arguments.are_untouched());
  }

  TEST_CASE("ops: an axis out of range is an IndexError that names it, and nothing is written") {
    const Arguments arguments({Shape{4, 3}, Shape{2, 3}});
    const View &x = arguments.views()[0], &y = arguments.views()[1];
    for (const Index axis : {Index{-1}, Index{2}}) {
      const std::vector<Index> two(2);
      const Tensor<Index> indices(Shape{2, 3});
      const auto message = [&](const std::string& operation) {
        return operation + ": axis is " + std::to_string(axis) + ", expected one in [0, 2) for shape [4, 3]";
      };
      check_error<IndexError>(message("slice"), [&] { ops::slice<float>(x, axis, 0, 1, y); });
      check_error<IndexError>(message("slice_add"), [&] { ops::slice_add<float>(y, axis, 0, 1, x); });
      check_error<IndexError>(message("index_select"), [&] { ops::index_select<float>(x, axis, two, y); });
      check_error<IndexError>(message("index_add"), [&] { ops::index_add<float>(y, axis, two, x); });
      check_error<IndexError>(message("gather"), [&] { ops::gather<float>(x, axis, indices, y); });
      check_error<IndexError>(message("scatter_add"), [&] { ops::scatter_add<float>(y, axis, indices, x); });
    }
    CHECK(arguments.are_untouched());
  }

  TEST_CASE("ops: an index or a step out of range is an IndexError that names it, and nothing is written") {
    const Arguments arguments({Shape{4, 3}, Shape{2, 3}});
    const View &x = arguments.views()[0], &y = arguments.views()[1];
    check_error<IndexError>("slice: begin is -1 and step is 1, expected begin in [0, 4] and step >= 1",
                            [&] { ops::slice<float>(x, 0, -1, 1, y); });
    check_error<IndexError>("slice: begin is 5 and step is 1, expected begin in [0, 4] and step >= 1",
                            [&] { ops::slice<float>(x, 0, 5, 1, y); });
    check_error<IndexError>("slice: begin is 0 and step is 0, expected begin in [0, 4] and step >= 1",
                            [&] { ops::slice<float>(x, 0, 0, 0, y); });
    check_error<IndexError>("slice_add: begin is -1 and step is 1, expected begin in [0, 4] and step >= 1",
                            [&] { ops::slice_add<float>(y, 0, -1, 1, x); });
    check_error<IndexError>("slice_add: begin is 0 and step is 0, expected begin in [0, 4] and step >= 1",
                            [&] { ops::slice_add<float>(y, 0, 0, 0, x); });
    Tensor<Index> last_is_wrong(Shape{2, 3});
    last_is_wrong(1, 2) = 4;
    check_error<IndexError>("gather: index 4 along axis 0, expected one in [0, 4)",
                            [&] { ops::gather<float>(x, 0, last_is_wrong, y); });
    check_error<IndexError>("scatter_add: index 4 along axis 0, expected one in [0, 4)",
                            [&] { ops::scatter_add<float>(y, 0, last_is_wrong, x); });
    CHECK(arguments.are_untouched());
  }

  TEST_CASE("permute: an order that is not a permutation is a ShapeError, and nothing is written") {
    const Arguments arguments({Shape{3, 3}, Shape{3, 3}});
    const Views& v = arguments.views();
    struct Case {
      ops::AxisOrder order;
      std::string text;
    };
    for (const auto& [order, text] :
         {Case{{{0, 0}}, "(0, 0)"}, Case{{{-1, 0}}, "(-1, 0)"}, Case{{{0, 2}}, "(0, 2)"}}) {
      const std::string message = "permute: order is " + text + " for rank 2, expected each axis once";
      const auto& axes = order;
      check_error<ShapeError>(message, [&] { ops::permute<float>(v[0], axes, v[1]); });
      check_error<ShapeError>(message, [&] { ops::permuted_shape(v[0].shape(), axes); });
      check_error<ShapeError>(message, [&] { ops::inverse_order(axes, 2); });
    }
    CHECK(arguments.are_untouched());
  }
}
