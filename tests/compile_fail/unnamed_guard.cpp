// SPDX-License-Identifier: MIT

#include <gradus/autograd.hpp>
#include <gradus/optim.hpp>

using gradus::NoGrad;

void use(gradus::optim::ExponentialMovingAverage<float>& average) {
  const NoGrad guard;
  const auto averaged = average.use();
  // expect: nodiscard
  NoGrad{};
  // expect: nodiscard
  NoGrad();
  // expect: nodiscard
  average.use();
}
