// SPDX-License-Identifier: MIT

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>
#include <gradus/autograd/value.hpp>

using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::Variable;

namespace {

using Pool = gradus::detail::TensorPool<float>;
using Value = gradus::detail::Value<float>;

constexpr Index size = Pool::smallest;

const float* address(Value& value) { return value.view().data(); }

/// Runs f in a new thread, whose pool is empty.
template <class F>
void in_new_thread(F f) {
  std::thread(f).join();
}

}  // namespace

TEST_CASE("Value: a number and a rank-0 tensor need no memory") {
  CHECK(Value(2.0f).is_number());
  CHECK(Value(Tensor<float>::scalar(2)).is_number());
  CHECK(Value(Tensor<float>::scalar(2)).number() == 2);
  CHECK_FALSE(Value(Tensor<float>{2}).is_number());
  CHECK(Value::zeros(Shape{}).is_number());
}

TEST_CASE("Value: zeros and copy_of overwrite memory that a thread reuses") {
  in_new_thread([] {
    { const Value used(Tensor<float>::full({size}, 3)); }
    Value zeros = Value::zeros({size});
    CHECK(zeros.view().array().isZero(0));
    { const Value given_back = std::move(zeros); }
    const Tensor<float> ones = Tensor<float>::ones({size / 2, 2});
    Value copy = Value::copy_of(ones);
    CHECK(copy.shape() == Shape{size / 2, 2});
    CHECK(Tensor<float>(copy.view()) == ones);
  });
}

TEST_CASE("TensorPool: a freed tensor serves its thread's next request of that size") {
  in_new_thread([] {
    const float* first = nullptr;
    {
      Value value = Value::uninitialized({size});
      first = address(value);
    }
    Value same = Value::uninitialized({2, size / 2});
    CHECK(address(same) == first);
    CHECK(same.shape() == Shape{2, size / 2});
    Value other = Value::uninitialized({size});
    CHECK(address(other) != first);
  });
}

TEST_CASE("TensorPool: a tensor serves its thread's requests down to four fifths of its size") {
  in_new_thread([] {
    constexpr Index large = 5 * size;
    const float* first = nullptr;
    {
      Value value = Value::uninitialized({large});
      first = address(value);
    }
    Value too_large = Value::uninitialized({large + 1}),
          too_small = Value::uninitialized({large / 5 * 4 - 1});
    CHECK(address(too_large) != first);
    CHECK(address(too_small) != first);
    Value fits = Value::uninitialized({large / 5 * 4});
    CHECK(address(fits) == first);
  });
}

TEST_CASE("TensorPool: keeps the newest tensors of its thread") {
  in_new_thread([] {
    std::vector<Value> values;
    for (Index i = 0; i <= Index{Pool::most_tensors}; ++i)
      values.push_back(Value::uninitialized({i == 0 ? 3 * size : size}));
    for (Value& value : values) value = Value(0.0f);  // frees them in this order
    CHECK(Pool::kept() == Pool::most_tensors);
    // The oldest tensor is gone, so nothing is left for this one in the pool.
    const Value fresh = Value::uninitialized({3 * size});
    CHECK(Pool::kept() == Pool::most_tensors);
  });
}

TEST_CASE("TensorPool: keeps no small tensors of its thread, and at most its limit") {
  in_new_thread([] {
    { const Value small = Value::uninitialized({size - 1}); }
    CHECK(Pool::kept() == 0);
    { const Value large = Value::uninitialized({Pool::most_elements + 1}); }
    CHECK(Pool::kept() == 0);
    {
      const Value a = Value::uninitialized({Pool::most_elements / 2}),
                  b = Value::uninitialized({Pool::most_elements / 4}),
                  c = Value::uninitialized({Pool::most_elements / 2});
    }
    CHECK(Pool::kept() == 2);
  });
}

TEST_CASE("TensorPool: graphs may outlive the pool of the thread that created them") {
  Variable<float> kept(Tensor<float>::ones({size}), gradus::requires_grad);
  std::thread([&] { kept = kept * 2.0f + 1.0f; }).join();
  CHECK(kept.value()(0) == 3);
  kept = Variable<float>(0.0f);  // into this thread's pool
}

TEST_CASE("TensorPool: the last Variable of a thread may be destroyed after its pool") {
  std::thread([] {
    // Created before the pool, so destroyed after it.
    static thread_local std::unique_ptr<Variable<float>> last;
    last = std::make_unique<Variable<float>>(Tensor<float>::ones({size}));
    *last = *last * 2.0f;
    CHECK(last->value()(size - 1) == 2);
  }).join();
}

TEST_CASE("backward: training steps give the same gradients in reused memory") {
  const Tensor<float> ones = Tensor<float>::ones({128, 128});
  const Variable<float> w(ones, gradus::requires_grad);
  std::vector<Tensor<float>> gradients;
  for (int step = 0; step < 3; ++step) {
    w.zero_grad();
    const Variable<float> h = relu(matmul(Variable<float>(ones), w) * 0.5f);
    mean(h * h).backward();
    gradients.emplace_back(w.grad());
  }
  CHECK(gradients[0] == gradients[1]);
  CHECK(gradients[1] == gradients[2]);
  // h = 64 everywhere; d mean(h^2) / dw = 128 rows of 2 h 0.5 / 128^2
  CHECK(gradients[0](5, 7) == doctest::Approx(0.5));
}
