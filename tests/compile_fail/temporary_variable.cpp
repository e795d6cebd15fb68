// SPDX-License-Identifier: MIT

#include <vector>

#include <gradus/autograd.hpp>

using gradus::Tensor;
using gradus::Variable;

Variable<double> make();

int main() {
  Variable x(Tensor<double>{1, 2}, gradus::requires_grad);
  // expect: deleted
  (x * x).value().span();
  // expect: deleted
  make().grad().span();
  const Variable y = sum(x * x);
  const std::vector inputs{x};
  // expect: deleted
  for (const double g : grad(y, inputs)[0].value().span()) static_cast<void>(g);
  // expect: deleted
  grad(y, inputs).front().value().data();
  for (const double g : grad(y, inputs)[0].value()) static_cast<void>(g);
  // expect: no viable|cannot convert|conversion
  const gradus::TensorView<double>::ArrayMap map = (x * x).value().array();
}
