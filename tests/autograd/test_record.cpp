// SPDX-License-Identifier: MIT

#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;
using detail::Step;

namespace {

using V = Variable<double>;

/// Returns the sum of all inputs. Input i gets the gradient (i + 1) dy, so that inputs can be told apart.
V weighted(const std::vector<V>& inputs) {
  double total = 0;
  for (const V& input : inputs) total += input.item();
  return detail::record("weighted", detail::Value<double>(total), std::span<const V>(inputs),
                        [count = inputs.size()](const Step<double>& step) {
                          for (std::size_t i = 0; i < count; ++i) {
                            if (step.wants(i)) step.give(i, step.gradient() * static_cast<double>(i + 1));
                          }
                        });
}

}  // namespace

TEST_CASE("record: one, two or many inputs each get their own gradient") {
  const V x(2.0, requires_grad), c(5.0);
  const V one = detail::record("cube", detail::Value<double>(8.0), x, [](const Step<double>& step) {
    CHECK(step.output().item() == 8);
    CHECK(step.input().item() == 2);
    CHECK(step.mode() == detail::BackwardMode::accumulate);
    step.give(0, step.gradient() * (3 * step.input() * step.input()));
  });
  CHECK(one.node()->name() == "cube");
  one.backward();
  CHECK(x.grad().item() == 12);
  x.zero_grad();
  detail::record("two", detail::Value<double>(7.0), x, c, [](const Step<double>& step) {
    CHECK(step.wants(0));
    CHECK_FALSE(step.wants(1));
    step.give(0, step.gradient() * step.input(1));
    step.give(1, step.gradient());  // dropped
  }).backward();
  CHECK(x.grad().item() == 5);
  for (const std::size_t count : {1u, 2u, 3u, 7u}) {
    std::vector<V> inputs;
    for (std::size_t i = 0; i < count; ++i) inputs.emplace_back(1.0, requires_grad);
    weighted(inputs).backward();
    for (std::size_t i = 0; i < count; ++i) CHECK(inputs[i].grad().item() == static_cast<double>(i + 1));
  }
}

TEST_CASE("record: a result that depends on no input requiring a gradient is a constant") {
  const V c(1.0), x(1.0, requires_grad);
  const auto never = [](const Step<double>&) { FAIL("no gradient is asked for"); };
  CHECK_FALSE(detail::record("one", detail::Value<double>(1.0), c, never).requires_grad());
  CHECK_FALSE(detail::record("two", detail::Value<double>(1.0), c, c, never).requires_grad());
  CHECK(detail::record("two", detail::Value<double>(1.0), c, x, never).requires_grad());
  CHECK_FALSE(weighted({c, c, c}).requires_grad());
  CHECK(weighted({c, c, x}).requires_grad());
  CHECK(weighted({x, c, c}).requires_grad());
}

TEST_CASE("NoGrad: nothing is recorded, and guards nest") {
  const Variable x(2.0, requires_grad);
  {
    const NoGrad off;
    CHECK_FALSE((x * x).requires_grad());
    {
      const NoGrad again;
      CHECK_FALSE(exp(x).requires_grad());
    }
    CHECK_FALSE((x + 1.0).requires_grad());
  }
  CHECK((x * x).requires_grad());
}
