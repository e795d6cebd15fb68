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
  // expect: no viable|cannot convert|conversion
  const gradus::TensorView<double>::ArrayMap map = (x * x).value().array();
}
