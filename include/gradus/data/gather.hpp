// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

#include <gradus/core/index.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/prefetch.hpp>
#include <gradus/core/tensor.hpp>

/// Gathers the rows of a batch into one tensor.
namespace gradus::detail {

/// The examples of a batch: `rest[i]` if shuffled, else `first + i`.
struct BatchRows {
  std::span<const Index> rest = {};  ///< shuffled examples, from this batch's first to the end of the epoch
  Index first = 0;
  Index count = 0;

  bool is_shuffled() const { return !rest.empty(); }
  Index operator[](Index i) const { return is_shuffled() ? rest[to_size(i)] : first + i; }

  /// Returns the example `i` places after the first of the batch, which may belong to a later batch. Returns
  /// nullopt past the last example of the epoch or if the examples are not shuffled.
  std::optional<Index> after(Index i) const {
    const std::size_t at = to_size(i);
    return at < rest.size() ? std::optional(rest[at]) : std::nullopt;
  }
};

/// Parts with fewer elements are not worth waking a thread.
inline constexpr Index min_elements_per_part = 1 << 15;
/// The prefetch distance in rows. Without prefetching, a shuffled row takes longer to fetch than to convert.
inline constexpr Index prefetched_rows = 8;

/// Resizes `to` to one row per row of the batch and calls copy_row(in, out, elements per row) for each.
template <class From, class To, class CopyRow>
void gather_rows(const Tensor<From>& from, const BatchRows& rows, Tensor<To>& to, const CopyRow& copy_row,
                 Parallel parallel) {
  to.resize(from.shape().with(0, rows.count));
  if (rows.count == 0) return;
  const Index width = to.size() / rows.count;
  const Index parts = std::clamp(to.size() / min_elements_per_part, Index{1}, parallel.threads());
  parallel.run_ranges(parts, rows.count, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      // Past this part's last row, prefetch the first rows of the same part of the next batch.
      const Index ahead = i + prefetched_rows;
      const auto next = rows.after(ahead < end ? ahead : rows.count + begin + ahead - end);
      if (next) prefetch(from.data() + *next * width, width * Index{sizeof(From)});
      copy_row(from.data() + rows[i] * width, to.data() + i * width, width);
    }
  });
}

}  // namespace gradus::detail
