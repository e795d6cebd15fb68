// SPDX-License-Identifier: MIT

#include <gradus/core/tensor.hpp>

using gradus::Tensor;

Tensor<float> make();
const Tensor<float> make_constant();

int main() {
  // expect: deleted
  make().span();
  // expect: deleted
  make_constant().span();
  // expect: deleted
  make().data();
  // expect: deleted
  make_constant().data();
  // expect: deleted
  make().begin();
  // expect: deleted
  make_constant().end();
  // expect: deleted
  for (const float element : make().span()) static_cast<void>(element);
  // expect: no viable|no match|cannot convert|conversion
  const gradus::TensorView<float>::ArrayMap map = make().array();
  // expect: lvalue|discards|no viable|cannot be assigned|no match|read-only|delete|static assertion
  make().array() += 1;
}
