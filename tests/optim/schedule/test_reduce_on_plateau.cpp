// SPDX-License-Identifier: MIT

#include <cmath>
#include <span>

#include <doctest/doctest.h>

#include <gradus/optim/schedule/reduce_on_plateau.hpp>
#include <gradus/optim/sgd.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::nn::Parameter;
using gradus::optim::Goal;
using gradus::optim::ReduceOnPlateau;
using gradus::optim::ReduceOnPlateauOptions;
using gradus::optim::SGD;
using gradus::optim::ThresholdMode;
using gradus::test::base_rate;

void check_plateau(const ReduceOnPlateauOptions& options, std::span<const double> reference) {
  Parameter<float> weight;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = base_rate}};
  ReduceOnPlateau plateau{options};
  auto wanted = reference.begin();
  for (const double metric : pytorch::plateau_metrics) {
    plateau.step(sgd, options.goal == Goal::minimize ? metric : 20 - metric);
    CHECK(sgd.learning_rate() == doctest::Approx(*wanted++).epsilon(1e-14));
  }
  CHECK(wanted == reference.end());
}

TEST_CASE("ReduceOnPlateau: equals PyTorch's ReduceLROnPlateau") {
  check_plateau({.factor = 0.5, .patience = 2}, pytorch::plateau);
  check_plateau({.factor = 0.5,
                 .patience = 1,
                 .threshold = 0.5,
                 .threshold_mode = ThresholdMode::absolute,
                 .minimum_rate = 0.02},
                pytorch::plateau_absolute);
  check_plateau({.factor = 0.1, .patience = 0, .threshold = 0.01, .cooldown = 3, .epsilon = 5e-3},
                pytorch::plateau_cooldown);
  check_plateau({.goal = Goal::maximize, .factor = 0.5, .patience = 1, .threshold = 0.1},
                pytorch::plateau_maximize);
  check_plateau({.goal = Goal::maximize,
                 .factor = 0.8,
                 .patience = 3,
                 .threshold = 1,
                 .threshold_mode = ThresholdMode::absolute,
                 .cooldown = 1},
                pytorch::plateau_maximize_absolute);
}

TEST_CASE("ReduceOnPlateau: reduces every group and reports it") {
  Parameter<float> weight, bias;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  sgd.add_group({{"bias", &bias}}, {.learning_rate = 0.5});
  ReduceOnPlateau plateau{{.factor = 0.5, .patience = 0}};
  CHECK_FALSE(plateau.step(sgd, 1));
  CHECK(plateau.step(sgd, 1));
  CHECK(sgd.learning_rate(0) == 0.5);
  CHECK(sgd.learning_rate(1) == 0.25);
  CHECK(plateau.best() == 1);
}

TEST_CASE("ReduceOnPlateau: NaN is not an improvement") {
  Parameter<float> weight;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  ReduceOnPlateau plateau{{.patience = 0}};
  CHECK(plateau.step(sgd, std::nan("")));
  CHECK_FALSE(plateau.step(sgd, 5));
  CHECK(plateau.step(sgd, std::nan("")));
  CHECK(plateau.best() == 5);
}

TEST_CASE("ReduceOnPlateau: reports whether any rate has changed") {
  Parameter<float> weight, bias;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  sgd.add_group({{"bias", &bias}}, {.learning_rate = 0.25});
  ReduceOnPlateau plateau{{.factor = 0.5, .patience = 0, .minimum_rate = 0.25}};
  CHECK_FALSE(plateau.step(sgd, 1));
  CHECK(plateau.step(sgd, 1));  // one of the two groups has changed
  CHECK(sgd.learning_rate(0) == 0.5);
  CHECK(sgd.learning_rate(1) == 0.25);
  CHECK(plateau.step(sgd, 1));
  CHECK_FALSE(plateau.step(sgd, 1));  // both are at the minimum
  CHECK_FALSE(plateau.step(sgd, 1));
  CHECK(sgd.learning_rate(0) == 0.25);

  SGD<float> slow{{{"weight", &weight}}, {.learning_rate = 1e-8}};
  ReduceOnPlateau within_epsilon{{.factor = 0.5, .patience = 0}};
  CHECK_FALSE(within_epsilon.step(slow, 1));
  CHECK_FALSE(within_epsilon.step(slow, 1));
  CHECK(slow.learning_rate() == 1e-8);

  SGD<float> below{{{"weight", &weight}}, {.learning_rate = 0.1}};
  ReduceOnPlateau never_up{{.factor = 0.5, .patience = 0, .minimum_rate = 0.2, .epsilon = 0}};
  CHECK_FALSE(never_up.step(below, 1));
  CHECK_FALSE(never_up.step(below, 1));
  CHECK(below.learning_rate() == 0.1);
}

TEST_CASE("ReduceOnPlateau: a threshold of 1 accepts the first metric") {
  Parameter<float> weight;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  ReduceOnPlateau plateau{{.patience = 0, .threshold = 1}};
  CHECK_FALSE(plateau.step(sgd, 5));
  CHECK(plateau.best() == 5);
}

TEST_CASE("ReduceOnPlateau: refuses settings outside their domain") {
  CHECK_THROWS_AS((ReduceOnPlateau{{.factor = 1}}), ArgumentError);
  CHECK_THROWS_WITH_AS((ReduceOnPlateau{{.factor = -1e-9}}), doctest::Contains("factor is -1e-09, expected"),
                       ArgumentError);
  CHECK_THROWS_AS((ReduceOnPlateau{{.patience = -1}}), ArgumentError);
  CHECK_THROWS_AS((ReduceOnPlateau{{.cooldown = -1}}), ArgumentError);
  for (const double bad : {-1.0, std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS((ReduceOnPlateau{{.threshold = bad}}), ArgumentError);
    CHECK_THROWS_AS((ReduceOnPlateau{{.minimum_rate = bad}}), ArgumentError);
    CHECK_THROWS_AS((ReduceOnPlateau{{.epsilon = bad}}), ArgumentError);
  }
}

}  // namespace
