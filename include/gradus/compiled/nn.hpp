// SPDX-License-Identifier: MIT

#pragma once

/// Networks for float that the CMake target gradus::compiled has in its library. See gradus/compiled.hpp.

#include <gradus/nn.hpp>

namespace gradus::nn {

extern template struct Linear<float>;

extern template AnyModule<float>::Pointer AnyModule<float>::make_model(BatchNorm1d<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Dropout<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(ELU<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Flatten<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(GELU<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Identity<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(LayerNorm<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(LeakyReLU<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Linear<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(ReLU<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Sequential<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Sigmoid<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(SiLU<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Softmax<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Softplus<float>);
extern template AnyModule<float>::Pointer AnyModule<float>::make_model(Tanh<float>);

extern template class detail::Chain<AnyModule<float>>;
// The const one cannot accumulate or update.
extern template Shape detail::Chain<const AnyModule<float>>::plan(const Shape&) const;
extern template void detail::Chain<const AnyModule<float>>::run(const TensorView<const float>&,
                                                                const TensorView<float>&) const;
extern template void detail::Chain<const AnyModule<float>>::backward(const TensorView<const float>&,
                                                                     const TensorView<const float>&,
                                                                     const TensorView<const float>&,
                                                                     const TensorView<float>&) const;
extern template class ModuleList<float>;
extern template class Sequential<float>;

}  // namespace gradus::nn
