// SPDX-License-Identifier: MIT

#include <gradus/autograd.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/nn.hpp>

using gradus::Tensor;
using gradus::nn::AnyModule;
using gradus::nn::Linear;
using gradus::nn::Sequential;

Sequential<float> make();
AnyModule<float> make_module();
gradus::Loader<> make_loader();
gradus::Shape make_shape();

int main() {
  const Tensor<float> x{{1, 2}};
  // expect: deleted
  make().named_parameters();
  // expect: deleted
  make().named_buffers();
  // expect: deleted
  make()(x);
  // expect: deleted
  make_module()(x);
  // expect: deleted
  make_module().as<Linear<float>>();
  // expect: deleted
  make_module().as<Linear>();
  // expect: deleted
  make_module().get_if<Linear<float>>();
  // expect: deleted
  make_loader().evaluation_epoch();
  // expect: deleted
  make_shape().extents();
  // expect: no matching|lvalue|qualifiers
  make().random();
}
