// SPDX-License-Identifier: MIT

#pragma once

/// Kernels for float that the CMake target gradus::compiled has in its library. See gradus/compiled.hpp.

#include <span>

#include <gradus/core/random.hpp>
#include <gradus/nn/init.hpp>
#include <gradus/ops.hpp>

namespace gradus {

extern template void Generator::fill_uniform(std::span<float>, double, double);
extern template void Generator::fill_normal(std::span<float>, double, double);

namespace ops {

extern template void matrix_product(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                    Write, Parallel, Partition);

extern template void affine(Input<float>, Input<float>, Input<float>, TensorView<float>, Parallel);
extern template void affine_input_gradient(Input<float>, Input<float>, TensorView<float>, Parallel);
extern template void affine_weight_gradient(Input<float>, Input<float>, TensorView<float>, Write, Parallel);
extern template void affine_bias_gradient(Input<float>, TensorView<float>);

extern template void relu(Input<float>, TensorView<float>);
extern template void relu_backward(Input<float>, Input<float>, TensorView<float>);
extern template void sigmoid(Input<float>, TensorView<float>);
extern template void sigmoid_backward(Input<float>, Input<float>, TensorView<float>);
extern template void tanh(Input<float>, TensorView<float>);
extern template void tanh_backward(Input<float>, Input<float>, TensorView<float>);

extern template void softmax(Input<float>, TensorView<float>);
extern template void softmax_backward(Input<float>, Input<float>, TensorView<float>);
extern template void log_softmax(Input<float>, TensorView<float>);
extern template void log_softmax_backward(Input<float>, Input<float>, TensorView<float>);
extern template CrossEntropyResult<float> softmax_cross_entropy(Input<float>, std::span<const Index>,
                                                                TensorView<float>,
                                                                const CrossEntropyOptions<float>&);

}  // namespace ops

namespace nn::init {

extern template void uniform(TensorView<float>, Generator&, double, double);
extern template void normal(TensorView<float>, Generator&, double, double);
extern template void xavier_uniform(TensorView<float>, Generator&, double);
extern template void xavier_normal(TensorView<float>, Generator&, double);
extern template void kaiming_uniform(TensorView<float>, Generator&, double, Fan);
extern template void kaiming_normal(TensorView<float>, Generator&, double, Fan);

}  // namespace nn::init
}  // namespace gradus
