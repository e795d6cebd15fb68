// SPDX-License-Identifier: MIT

#include <gradus/autograd.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>

using namespace gradus;

int main() {
  // A tensor may hold such scalars.
  Tensor<long double> tensor{1};
  // expect: FloatOrDouble
  Variable<long double> variable(1.0L);
  // expect: FloatOrDouble|constraints not satisfied
  Variable deduced(tensor);
  // expect: FloatOrDouble
  Variable<int> of_int(1);
  // expect: FloatOrDouble
  nn::Sequential<long double> net;
  // expect: FloatOrDouble
  nn::Linear<long double> linear(1, 1);
  // expect: FloatOrDouble
  nn::Parameter<int> parameter;
  // expect: FloatOrDouble
  nn::AnyModule<long double>* module = nullptr;
  // expect: FloatOrDouble
  optim::SGD<long double> optimizer({}, {});
}
