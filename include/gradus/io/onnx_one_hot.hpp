// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_builder.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_operands.hpp>
#include <gradus/io/onnx_region.hpp>
#include <gradus/io/onnx_tensor.hpp>
#include <gradus/nn/categorical_column.hpp>
#include <gradus/nn/one_hot.hpp>

namespace gradus::detail {

/// The constants of a OneHot in a graph, one element per output. A graph computes
///
///     gathered = Gather(x, columns, axis = 1)
///     y = Where(is_category, Cast(Equal(gathered, numbers)), gathered)
struct OnnxOneHotConstants {
  std::vector<std::int64_t> columns;  ///< the input column of each output
  std::vector<double> numbers;        ///< the category number of each output, 0 for a copied input
  std::vector<bool> is_category;      ///< false for a copied input
};

/// Returns the constants for columns of categories among `in` inputs.
inline OnnxOneHotConstants onnx_one_hot_constants(Index in,
                                                  const std::vector<nn::CategoricalColumn>& categories) {
  OnnxOneHotConstants result;
  auto next = categories.begin();
  for (Index column = 0; column < in; ++column) {
    const bool is_category = next != categories.end() && next->column == column;
    const Index count = is_category ? next++->count : 1;
    for (Index k = 0; k < count; ++k) {
      result.columns.push_back(column);
      result.numbers.push_back(static_cast<double>(k));
      result.is_category.push_back(is_category);
    }
  }
  return result;
}

/// A converter of the operators that `save_onnx` writes for OneHot back to a OneHot. Throws FileError.
template <class Scalar>
class OnnxOneHot {
 public:
  /// Keeps references to both arguments, which must outlive this object.
  OnnxOneHot(const OnnxOperands& operands, OnnxBuilder<Scalar>& builder)
      : operands_(operands), builder_(builder) {}

  /// Keeps the columns of a Gather until `take_rest`. Returns false for any other operator.
  bool take_gather(const OnnxNode& node) {
    if (node.op != "Gather") return false;
    const std::int64_t axis = operands_.attributes(node).integer("axis", 0);
    if ((axis != 1 && axis != -1) || builder_.sample().rank() != 1)
      operands_.fail(
          node, "selects along axis " + std::to_string(axis) + ", expected axis 1 of an input [N, features]");
    const OnnxTensor& columns = operands_.operand(node, 1);
    builder_.flush();
    builder_.reserve(columns.shape.size(), sizeof(std::int64_t));
    in_ = builder_.sample()[0];
    columns_ = columns.integers(operands_.place(node), columns.shape.size());
    if (columns.shape.rank() != 1 || columns_.empty())
      operands_.fail(node, "has indices of shape " + columns.shape.to_string() + ", expected [columns]");
    gather_ = &node;
    return true;
  }
  /// Returns whether a Gather still lacks its other operators.
  bool is_open() const { return gather_ != nullptr; }
  /// Throws FileError if a Gather still lacks its other operators.
  void require_closed() const {
    if (is_open()) throw_open(*gather_);
  }

  /// Appends the OneHot whose Gather was the last to be taken. `value` is the output of the Gather.
  void take_rest(const OnnxRegion& region, std::string_view value) {
    const OnnxNode& gather = *std::exchange(gather_, nullptr);
    const OnnxNode& equal = *region.nodes[0];
    const bool fits = region.nodes.size() == 3 && equal.op == "Equal" && region.nodes[1]->op == "Cast" &&
                      region.nodes[2]->op == "Where" && has_inputs(equal, {value, ""}) &&
                      has_inputs(*region.nodes[1], {equal.outputs[0]}) &&
                      has_inputs(*region.nodes[2], {"", region.nodes[1]->outputs[0], value});
    if (!fits) throw_open(gather);
    const std::int64_t to = operands_.attributes(*region.nodes[1]).integer("to", 0);
    if (to != static_cast<std::int64_t>(OnnxType::float32) &&
        to != static_cast<std::int64_t>(OnnxType::float64))
      operands_.fail(*region.nodes[1],
                     "casts to type " + std::to_string(to) + ", expected 1 (float) or 11 (double)");
    const OnnxNode& where = *region.nodes[2];
    const OnnxTensor& numbers = operands_.real_operand(equal, 1);
    check_row(equal, numbers);
    const OnnxTensor& is_category = operands_.operand(where, 0);
    check_row(where, is_category);
    nn::OneHot<Scalar> one_hot(in_, categories(gather, numbers, is_category));
    const Index out = one_hot.out();
    builder_.push(std::move(one_hot));
    builder_.set_sample(Shape{out});
    columns_ = {};
  }

 private:
  [[noreturn]] void throw_open(const OnnxNode& gather) const {
    operands_.fail(gather, "selects columns, expected Equal, Cast and Where after it, which form a OneHot");
  }
  /// Returns whether a node has these inputs; an empty name matches any input.
  static bool has_inputs(const OnnxNode& node, std::initializer_list<std::string_view> names) {
    if (node.inputs.size() != names.size()) return false;
    std::size_t i = 0;
    for (const std::string_view name : names) {
      if (!name.empty() && node.inputs[i] != name) return false;
      ++i;
    }
    return true;
  }
  /// Throws FileError unless a constant has one element per output.
  void check_row(const OnnxNode& node, const OnnxTensor& tensor) const {
    const auto outputs = static_cast<Index>(columns_.size());
    if (tensor.shape.size() != outputs || tensor.shape.rank() > 2 || tensor.shape[-1] != outputs) {
      operands_.fail(node, "has a constant of shape " + tensor.shape.to_string() + ", expected [" +
                               std::to_string(outputs) + "]");
    }
  }

  /// Returns the columns of categories. Throws FileError unless the outputs of each input are consecutive and
  /// the inputs are in ascending order.
  std::vector<nn::CategoricalColumn> categories(const OnnxNode& gather, const OnnxTensor& numbers,
                                                const OnnxTensor& is_category) const {
    const std::vector<bool> flags = is_category.flags(operands_.place(gather));
    std::vector<nn::CategoricalColumn> result;
    Index next = 0;
    for (std::size_t i = 0; i < columns_.size(); ++next) {
      const std::size_t first = i;
      if (columns_[first] != next) throw_order(gather, columns_[first], next);
      for (; i < columns_.size() && columns_[i] == next && flags[i] == flags[first]; ++i) {
        const double number = flags[first] ? numbers.real(static_cast<Index>(i)) : 0;
        const auto expected = static_cast<double>(i - first);
        if (!(number >= expected && number <= expected)) throw_order(gather, columns_[i], next);
      }
      const auto count = static_cast<Index>(i - first);
      if (count > nn::max_categories) {
        operands_.fail(gather, "has " + std::to_string(count) + " categories in column " +
                                   std::to_string(next) + ", expected at most " +
                                   std::to_string(nn::max_categories));
      }
      if (flags[first]) result.push_back({next, count});
    }
    if (next != in_) {
      operands_.fail(gather,
                     "selects " + std::to_string(next) + " columns, expected all " + std::to_string(in_));
    }
    return result;
  }
  [[noreturn]] void throw_order(const OnnxNode& gather, Index column, Index next) const {
    operands_.fail(gather, "selects column " + std::to_string(column) + ", expected column " +
                               std::to_string(next) + " of " + std::to_string(in_) +
                               " with its category numbers in ascending order");
  }

  const OnnxOperands& operands_;
  OnnxBuilder<Scalar>& builder_;
  const OnnxNode* gather_ = nullptr;
  std::vector<Index> columns_;
  Index in_ = 0;
};

}  // namespace gradus::detail
