// SPDX-License-Identifier: MIT

#include <gradus/nn.hpp>

namespace nn = gradus::nn;

// A module that inherits the cast of the library's Tanh, which would turn it into a plain Tanh.
struct LoudTanh : nn::Tanh<float> {
  float volume = 2;
};

struct CastingTanh : nn::Tanh<float> {
  template <class Other>
  auto cast() const {
    return nn::Tanh<Other>{};
  }
};

int main() {
  nn::Sequential<float> single{LoudTanh{}, nn::Tanh{}};
  nn::Sequential<double> twice{nn::Tanh{}};
  // expect: a class derived from a module needs its own cast
  twice.push_back(LoudTanh{});
  // expect: a class derived from a module needs its own cast
  twice.push_back(CastingTanh{});
  // expect: conversion from .*LoudTanh|no viable conversion
  gradus::nn::AnyModule<double> any = LoudTanh{};
}
