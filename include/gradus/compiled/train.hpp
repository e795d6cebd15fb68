// SPDX-License-Identifier: MIT

#pragma once

/// Optimisers for float, and training on bytes by them, that the CMake target gradus::compiled has in its
/// library. See gradus/compiled.hpp.

#include <utility>

#include <gradus/data.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>
#include <gradus/train.hpp>

namespace gradus {
namespace optim {

extern template class ElementwiseOptimizer<float, detail::SGDRule>;
extern template class ElementwiseOptimizer<float, detail::AdamRule>;
extern template class ElementwiseOptimizer<float, detail::AdamWRule>;

}  // namespace optim

namespace detail {

/// The trainers of gradus::compiled.
template <template <class> class Optimizer>
using CompiledTrainer = Trainer<nn::Sequential<float>, nn::SoftmaxCrossEntropy<float>, Optimizer<float>>;

}  // namespace detail

extern template const History& detail::CompiledTrainer<optim::SGD>::fit(const Dataset<>&, const Dataset<>&) &;
extern template const History& detail::CompiledTrainer<optim::SGD>::fit(const Dataset<>&) &;
extern template Metrics detail::CompiledTrainer<optim::SGD>::evaluate(const Dataset<>&);
extern template auto detail::CompiledTrainer<optim::SGD>::predict(const Dataset<>&) -> Tensor<float>;
extern template std::pair<detail::AnyCallback<detail::CompiledTrainer<optim::SGD>>, ProgressBar*>
    detail::AnyCallback<detail::CompiledTrainer<optim::SGD>>::make(ProgressBar);

extern template const History& detail::CompiledTrainer<optim::Adam>::fit(const Dataset<>&,
                                                                         const Dataset<>&) &;
extern template const History& detail::CompiledTrainer<optim::Adam>::fit(const Dataset<>&) &;
extern template Metrics detail::CompiledTrainer<optim::Adam>::evaluate(const Dataset<>&);
extern template auto detail::CompiledTrainer<optim::Adam>::predict(const Dataset<>&) -> Tensor<float>;
extern template std::pair<detail::AnyCallback<detail::CompiledTrainer<optim::Adam>>, ProgressBar*>
    detail::AnyCallback<detail::CompiledTrainer<optim::Adam>>::make(ProgressBar);

extern template const History& detail::CompiledTrainer<optim::AdamW>::fit(const Dataset<>&,
                                                                          const Dataset<>&) &;
extern template const History& detail::CompiledTrainer<optim::AdamW>::fit(const Dataset<>&) &;
extern template Metrics detail::CompiledTrainer<optim::AdamW>::evaluate(const Dataset<>&);
extern template auto detail::CompiledTrainer<optim::AdamW>::predict(const Dataset<>&) -> Tensor<float>;
extern template std::pair<detail::AnyCallback<detail::CompiledTrainer<optim::AdamW>>, ProgressBar*>
    detail::AnyCallback<detail::CompiledTrainer<optim::AdamW>>::make(ProgressBar);

}  // namespace gradus
