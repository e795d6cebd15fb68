// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <string>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/part.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/mixup.hpp>

/// Selects the rows of a batch that belong to one of several processes.
namespace gradus::detail {

inline std::span<const Index> rows_of(std::span<const Index> labels, Index begin, Index end) {
  return labels.subspan(to_size(begin), to_size(end - begin));
}
template <class Scalar>
TensorView<const Scalar> rows_of(TensorView<const Scalar> x, Index begin, Index end) {
  return x.slice(begin, end);
}
inline MixedLabels rows_of(const MixedLabels& labels, Index begin, Index end) {
  return {rows_of(labels.labels, begin, end), rows_of(labels.partners, begin, end), labels.share};
}

[[noreturn]] inline void throw_other_part(Part found, Part expected) {
  const auto text = [](Part part) {
    return "part " + std::to_string(part.index) + " of " + std::to_string(part.count);
  };
  throw StateError("Trainer: loader produces " + text(found) + " of every batch, expected " + text(expected) +
                   ", which belongs to this process");
}
template <class Rows>
Rows throw_unknown_labels() {
  throw StateError(
      "Trainer: labels have a type for which several processes are not supported, expected classes, a tensor "
      "or mixed labels");
}

/// The inputs and labels that a process works on, and their position in the whole batch.
template <class Scalar, class Labels>
struct OwnRows {
  TensorView<const Scalar> x;
  Labels labels;
  SharedBatch shared = {};
  Index size() const { return x.shape()[0]; }
};

template <class Source>
concept MakesParts = requires(const Source& source) {
  source.part();
  source.samples(Index{});
};

/// Returns the rows of batch number `number` of a source that belong to this process: all of them if there
/// are no other processes, or if the source has produced a part of the batch. Throws StateError if it is the
/// part of another process.
template <class Scalar, class Source, class Batch>
auto own_rows(const Source& source, const Batch& batch, Index number, ProcessGroup* processes) {
  using Given = std::remove_cvref_t<decltype(batch.labels)>;
  using Labels = std::conditional_t<std::is_trivially_copyable_v<Given>, Given, const Given&>;
  using Rows = OwnRows<Scalar, Labels>;
  const TensorView<const Scalar> x(batch.x);
  if (processes == nullptr) {
    if constexpr (MakesParts<Source>)
      if (source.part() != Part{}) throw_other_part(source.part(), Part{});
    return Rows{x, batch.labels};
  }
  const Part part = processes->part();
  if constexpr (MakesParts<Source>) {
    if (source.part() != Part{}) {
      if (source.part() != part) throw_other_part(source.part(), part);
      const Index rows = source.samples(number);
      return Rows{x, batch.labels, {processes, part.begin(rows), rows}};
    }
  }
  const Index rows = x.shape()[0], begin = part.begin(rows), end = part.end(rows);
  if constexpr (requires { Rows{x, rows_of(batch.labels, begin, end)}; })
    return Rows{rows_of(x, begin, end), rows_of(batch.labels, begin, end), {processes, begin, rows}};
  else
    return throw_unknown_labels<Rows>();
}

}  // namespace gradus::detail
