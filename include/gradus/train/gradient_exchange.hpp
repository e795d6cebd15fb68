// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::detail {

/// An exchange that replaces gradients by their sums over all processes. Large tensors are summed in place;
/// small ones are packed into buckets, because each message adds latency. While one bucket is being summed,
/// the next is filled. Allocates nothing after the first call.
template <class Scalar>
class GradientExchange {
 public:
  /// The number of elements in a bucket of 1 MiB. At 5 GB/s, it takes 210 us, ten times a latency of 20 us.
  static constexpr Index bucket_size = (Index{1} << 20) / static_cast<Index>(sizeof(Scalar));

  /// Sums the gradients of parameters that are not frozen, from the last one to the first, the order in
  /// which backward computes them. All processes must have the same parameters.
  void sum(ProcessGroup& processes, const std::vector<nn::NamedParameter<Scalar>>& parameters) {
    packed_.resize({packed_size(parameters)});
    Index begun = 0, filled = 0;
    const auto send = [&] {
      if (filled > begun)
        processes.begin_sum(packed_.span().subspan(to_size(begun), to_size(filled - begun)));
      begun = filled;
    };
    for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
      if (!(*parameter)->requires_grad) continue;
      Tensor<Scalar>& gradient = (*parameter)->grad();
      if (gradient.size() >= bucket_size) {
        processes.begin_sum(gradient.span());
        continue;
      }
      if (filled - begun + gradient.size() > bucket_size) send();
      std::copy_n(gradient.data(), gradient.size(), packed_.data() + filled);
      filled += gradient.size();
    }
    send();
    processes.finish_sums();
    unpack(parameters);
  }

 private:
  static bool is_packed(const nn::Parameter<Scalar>& parameter) {
    return parameter.requires_grad && parameter.value.size() < bucket_size;
  }
  static Index packed_size(const std::vector<nn::NamedParameter<Scalar>>& parameters) {
    Index size = 0;
    for (const auto& parameter : parameters) size += is_packed(*parameter) ? parameter->value.size() : 0;
    return size;
  }
  void unpack(const std::vector<nn::NamedParameter<Scalar>>& parameters) {
    const Scalar* from = packed_.data();
    for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
      if (!is_packed(**parameter)) continue;
      Tensor<Scalar>& gradient = (*parameter)->grad();
      std::copy_n(from, gradient.size(), gradient.data());
      from += gradient.size();
    }
  }

  Tensor<Scalar> packed_;
};

}  // namespace gradus::detail
