#include <gradus/autograd.hpp>
#include <gradus/nn.hpp>

using gradus::Tensor;
using gradus::nn::AnyModule;
using gradus::nn::Linear;
using gradus::nn::Sequential;

Sequential<float> make();
AnyModule<float> make_module();

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
}
