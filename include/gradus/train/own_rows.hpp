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

/// The rows of a batch that belong to one of several processes.
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

/// The inputs and labels that a process works on, and where they are in the whole batch.
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
/// are no other processes, or if the source has made a part of the batch. Throws StateError if it is the part
/// of another process.
template <class Scalar, class Source, class Batch>
auto own_rows(const Source& source, const Batch& batch, Index number, ProcessGroup* processes) {
  using Labels = std::remove_cvref_t<decltype(batch.labels)>;
  OwnRows<Scalar, Labels> own{batch.x, batch.labels};
  if (processes == nullptr) return own;
  const Part part = processes->part();
  if constexpr (MakesParts<Source>) {
    if (source.part() != Part{}) {
      if (source.part() != part) {
        throw StateError("Trainer: the loader makes part " + std::to_string(source.part().index) + " of " +
                         std::to_string(source.part().count) + ", expected part " +
                         std::to_string(part.index) + " of " + std::to_string(part.count) +
                         ", that of this process");
      }
      const Index rows = source.samples(number);
      own.shared = {processes, part.begin(rows), rows};
      return own;
    }
  }
  const Index rows = static_cast<Index>(batch.size()), begin = part.begin(rows), end = part.end(rows);
  if constexpr (requires { rows_of(batch.labels, begin, end); }) {
    own = {rows_of(own.x, begin, end), rows_of(batch.labels, begin, end), {processes, begin, rows}};
    return own;
  } else {
    throw StateError("Trainer: labels of this type cannot be divided among processes");
  }
}

}  // namespace gradus::detail
