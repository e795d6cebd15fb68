// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/io/c_steps.hpp>
#include <gradus/version.hpp>

namespace gradus::detail {

/// Throws ArgumentError unless `name` is a valid function name in C and C++.
inline void check_c_name(const std::string& name) {
  static constexpr std::array keywords{
      "alignas",  "alignof", "and",     "asm",       "auto",      "bool",     "break",    "case",
      "catch",    "char",    "class",   "const",     "constexpr", "continue", "decltype", "default",
      "delete",   "do",      "double",  "else",      "enum",      "explicit", "export",   "extern",
      "false",    "float",   "for",     "friend",    "goto",      "if",       "inline",   "int",
      "long",     "main",    "mutable", "namespace", "new",       "noexcept", "not",      "nullptr",
      "operator", "or",      "private", "protected", "public",    "register", "restrict", "return",
      "short",    "signed",  "sizeof",  "static",    "struct",    "switch",   "template", "this",
      "throw",    "true",    "try",     "typedef",   "typeid",    "typename", "union",    "unsigned",
      "using",    "virtual", "void",    "volatile",  "while",     "xor",      "exp",      "log",
      "tanh",     "erf",     "sqrt",    "fabs"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  const bool is_name = !name.empty() && is_letter(name[0]) && name.size() <= 60 &&
                       std::ranges::all_of(name, fits) &&
                       std::ranges::find(keywords, std::string_view(name)) == keywords.end();
  if (!is_name) {
    throw ArgumentError(
        "export_c: name is " + in_quotes(name) +
        ", expected a letter followed by at most 59 letters, digits and _, and no reserved name");
  }
}

/// A writer of the steps of a network as a C header that computes in type T.
template <class T>
class CWriter {
 public:
  CWriter(std::string name, const std::vector<CStep>& steps)
      : name_(std::move(name)), upper_(name_), steps_(steps) {
    std::ranges::transform(upper_, upper_.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  }

  std::string write() {
    make_test_vector();
    std::string text = head();
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!steps_[i].weight.empty()) {
        text +=
            table("w" + std::to_string(i), steps_[i].weight) + table("b" + std::to_string(i), steps_[i].bias);
      }
      if (!steps_[i].counts.empty()) text += count_table("n" + std::to_string(i), steps_[i].counts);
    }
    text += helpers() + function() + self_test();
    return text + "\n#endif /* " + upper_ + "_H */\n";
  }

 private:
  static constexpr bool is_float = std::is_same_v<T, float>;
  static constexpr const char* type = is_float ? "float" : "double";

  /// Returns a literal that reads back as exactly this number.
  static std::string literal(double x) {
    const T rounded = static_cast<T>(x);
    if (!std::isfinite(rounded)) {
      throw NumericError("export_c: a weight or a result is " + format_shortest(x) + ", expected a finite " +
                         type);
    }
    std::string text = format_shortest(rounded);
    if (text.find_first_of(".e") == text.npos) text += ".0";
    return is_float ? text + "F" : text;
  }
  /// Returns the name of a <math.h> function.
  static std::string math(const char* function) { return function + std::string(is_float ? "f" : ""); }

  std::string table(const std::string& name, const std::vector<double>& numbers) const {
    return array(type, name, numbers, literal);
  }
  std::string count_table(const std::string& name, const std::vector<Index>& counts) const {
    return array("int", name, counts, [](Index count) { return std::to_string(count); });
  }
  template <class Number, class F>
  std::string array(const char* element, const std::string& name, const std::vector<Number>& numbers,
                    const F& text_of) const {
    std::string text = "static const " + std::string(element) + " " + name_ + "_" + name + "[" +
                       std::to_string(numbers.size()) + "] = {";
    std::size_t column = 200;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string number = text_of(numbers[i]);
      if (column + number.size() > 110) {
        text += "\n   ";
        column = 3;
      }
      text += " " + number + (i + 1 < numbers.size() ? "," : "");
      column += number.size() + 2;
    }
    return text + "};\n\n";
  }

  // ---- test vector for the self-test of the firmware ----

  void make_test_vector() {
    Generator random(1);
    input_.resize(to_size(steps_.front().in));
    for (double& x : input_) x = static_cast<double>(random.uniform<float>(-1, 1));
    choose_categories(random);
    expected_ = run_c_steps<double>(rounded_steps(), input_);
    const std::vector<T> computed = run_c_steps<T>(steps_, std::vector<T>(input_.begin(), input_.end()));
    double largest = 1, error = 0;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      largest = std::max(largest, std::abs(expected_[i]));
      error = std::max(error, std::abs(expected_[i] - static_cast<double>(computed[i])));
    }
    // Allows 8 times the error measured here, for other compilers and math libraries.
    tolerance_ = std::max((is_float ? 1e-5 : 1e-13) * largest, 8 * error);
  }
  /// Replaces the inputs that hold categories by random category numbers.
  void choose_categories(Generator& random) {
    const auto first = std::ranges::find_if(steps_, &CStep::makes_output);
    if (first == steps_.end() || first->kind != CKind::one_hot) return;
    for (std::size_t i = 0; i < input_.size(); ++i) {
      const Index count = first->counts[i];
      if (count > 0) input_[i] = static_cast<double>(random.below(count));
    }
  }
  std::vector<CStep> rounded_steps() const {
    std::vector<CStep> rounded = steps_;
    for (CStep& step : rounded) {
      for (double& w : step.weight) w = static_cast<double>(static_cast<T>(w));
      for (double& b : step.bias) b = static_cast<double>(static_cast<T>(b));
    }
    return rounded;
  }

  // ---- text ----

  /// Returns the sizes of the two buffers between which dense and one-hot steps alternate.
  std::array<Index, 2> buffer_sizes() const {
    std::array<Index, 2> sizes{0, 0};
    std::size_t turn = 0;
    for (const CStep& step : steps_) {
      if (!step.makes_output()) continue;
      sizes[turn] = std::max(sizes[turn], step.out);
      turn = 1 - turn;
    }
    return sizes;
  }

  std::string head() const {
    std::size_t weights = 0;
    for (const CStep& step : steps_) weights += step.weight.size() + step.bias.size();
    const auto [a, b] = buffer_sizes();
    const std::string in = std::to_string(steps_.front().in), out = std::to_string(steps_.back().out);
    const auto bytes = [](std::size_t n) { return std::to_string(n * sizeof(T)); };
    return "/* Written by gradus " GRADUS_VERSION_STRING
           " (export_c). C99 and C++11; needs <math.h> and nothing else.\n *\n" +
           (" *   void " + name_ + "(const " + type + " in[" + in + "], " + type + " out[" + out + "]);\n") +
           " *   int " + name_ +
           "_self_test(void);   returns 0 if the outputs for a test vector are correct\n *\n" +
           " * Reentrant: no state is kept between calls. in and out must not overlap.\n" +
           " * Weights: " + bytes(weights) + " bytes, constant. Stack: about " + bytes(to_size(a + b)) +
           " bytes.\n" + " * The self-test allows a difference of " + format_shortest(tolerance_) +
           " from results in double.\n */\n" + "#ifndef " + upper_ + "_H\n#define " + upper_ +
           "_H\n\n#include <math.h>\n\n" + "#define " + upper_ + "_INPUTS " + in + "\n#define " + upper_ +
           "_OUTPUTS " + out + "\n\n";
  }

  bool has(CKind kind) const { return std::ranges::find(steps_, kind, &CStep::kind) != steps_.end(); }

  /// Returns the functions that the steps call.
  std::string helpers() const {
    std::string text;
    if (has(CKind::dense)) text += dense_helper();
    if (has(CKind::one_hot)) text += one_hot_helper();
    if (has(CKind::layer_norm)) text += layer_norm_helper();
    if (has(CKind::softmax)) text += softmax_helper();
    return text;
  }
  std::string dense_helper() const {
    const std::string t = type;
    return "static inline void " + name_ + "_dense(const " + t + " *w, const " + t + " *b, const " + t +
           " *x, int n, " + t +
           " *y, int m) {\n"
           "  int o, i;\n"
           "  for (o = 0; o < m; ++o, w += n) {\n"
           "    " +
           t +
           " sum = b[o];\n"
           "    for (i = 0; i < n; ++i) sum += w[i] * x[i];\n"
           "    y[o] = sum;\n"
           "  }\n"
           "}\n\n";
  }
  std::string one_hot_helper() const {
    const std::string t = type;
    return "static inline void " + name_ + "_one_hot(const int *counts, const " + t + " *x, int n, " + t +
           " *y) {\n"
           "  int i, k;\n"
           "  for (i = 0; i < n; ++i) {\n"
           "    if (counts[i] == 0) *y++ = x[i];\n"
           "    for (k = 0; k < counts[i]; ++k) *y++ = x[i] >= (" +
           t + ")k && x[i] <= (" + t +
           ")k ? 1 : 0;\n"
           "  }\n"
           "}\n\n";
  }
  std::string layer_norm_helper() const {
    const std::string t = type;
    return "static inline void " + name_ + "_layer_norm(const " + t + " *w, const " + t + " *b, " + t +
           " eps, " + t +
           " *x, int n) {\n"
           "  " +
           t +
           " mean = 0, var = 0;\n"
           "  int i;\n"
           "  for (i = 0; i < n; ++i) mean += x[i];\n"
           "  mean /= (" +
           t +
           ")n;\n"
           "  for (i = 0; i < n; ++i) var += (x[i] - mean) * (x[i] - mean);\n"
           "  var = 1 / " +
           math("sqrt") + "(var / (" + t +
           ")n + eps);\n"
           "  for (i = 0; i < n; ++i) x[i] = w[i] * (x[i] - mean) * var + b[i];\n"
           "}\n\n";
  }
  std::string softmax_helper() const {
    const std::string t = type;
    return "static inline void " + name_ + "_softmax(" + t +
           " *x, int n) {\n"
           "  " +
           t +
           " largest = x[0], sum = 0;\n"
           "  int i;\n"
           "  for (i = 1; i < n; ++i) largest = x[i] > largest ? x[i] : largest;\n"
           "  for (i = 0; i < n; ++i) sum += x[i] = " +
           math("exp") +
           "(x[i] - largest);\n"
           "  for (i = 0; i < n; ++i) x[i] /= sum;\n"
           "}\n\n";
  }

  /// Returns the C expression for an activation of `v`. Without a default case, so that the compiler warns if
  /// a kind is missing.
  std::string expression(const CStep& step) const {
    const auto a = [&] { return literal(step.a); };
    const auto b = [&] { return literal(step.b); };
    switch (step.kind) {
      case CKind::relu:
        return "v < 0 ? 0 : v";
      case CKind::sigmoid:
        return "1 / (1 + " + math("exp") + "(-v))";
      case CKind::tanh:
        return math("tanh") + "(v)";
      case CKind::elu:
        return "v > 0 ? v : " + a() + " * " + math("expm1") + "(v)";
      case CKind::leaky_relu:
        return "v > 0 ? v : " + a() + " * v";
      case CKind::silu:
        return "v / (1 + " + math("exp") + "(-v))";
      case CKind::gelu:
        return "v * (1 + " + math("erf") + "(v * " + literal(std::sqrt(0.5)) + ")) / 2";
      case CKind::gelu_tanh:
        return "v * (1 + " + math("tanh") + "(" + literal(0.79788456080286536) + " * (v + " +
               literal(0.044715) + " * v * v * v))) / 2";
      case CKind::softplus: {
        const std::string product = a() + " * v";
        const std::string smooth = "(v > 0 ? v : 0) + " + math("log1p") + "(" + math("exp") + "(-" +
                                   math("fabs") + "(" + product + "))) / " + a();
        return std::isfinite(step.b) ? product + " > " + b() + " ? v : " + smooth : smooth;
      }
      case CKind::clip:
        return "v < " + a() + " ? " + a() + " : v > " + b() + " ? " + b() + " : v";
      case CKind::dense:
      case CKind::one_hot:
      case CKind::scale:
      case CKind::layer_norm:
      case CKind::softmax:
        break;
    }
    return "v";
  }

  /// Returns the statements of a step that modifies x in place.
  std::string in_place(const CStep& step, const std::string& x, const std::string& n, const std::string& w,
                       const std::string& b) const {
    const std::string loop = "  for (i = 0; i < " + n + "; ++i) ";
    switch (step.kind) {
      case CKind::layer_norm:
        return "  " + name_ + "_layer_norm(" + w + ", " + b + ", " + literal(step.a) + ", " + x + ", " + n +
               ");\n";
      case CKind::softmax:
        return "  " + name_ + "_softmax(" + x + ", " + n + ");\n";
      case CKind::scale:
        return loop + x + "[i] = " + w + "[i] * " + x + "[i] + " + b + "[i];\n";
      default:
        return loop + "{\n    const " + type + " v = " + x + "[i];\n    " + x + "[i] = " + expression(step) +
               ";\n  }\n";
    }
  }

  /// Returns the call of a step that reads x and writes y.
  std::string call(const CStep& step, const std::string& number, const std::string& x,
                   const std::string& y) const {
    const std::string sizes = x + ", " + std::to_string(step.in) + ", " + y;
    if (step.kind == CKind::one_hot)
      return "  " + name_ + "_one_hot(" + name_ + "_n" + number + ", " + sizes + ");\n";
    return "  " + name_ + "_dense(" + name_ + "_w" + number + ", " + name_ + "_b" + number + ", " + sizes +
           ", " + std::to_string(step.out) + ");\n";
  }

  std::string function() const {
    const std::string t = type;
    const std::string in = std::to_string(steps_.front().in), out = std::to_string(steps_.back().out);
    std::string body;
    std::string x = "in";
    std::size_t turn = 0,
                rest = static_cast<std::size_t>(std::ranges::count_if(steps_, &CStep::makes_output));
    bool loops = false;
    const auto [size_a, size_b] = buffer_sizes();
    std::array<bool, 2> used{false, false};
    // In-place steps need a copy of the input; without a dense or one-hot step the output serves as the copy.
    const auto own = [&](Index n) {
      if (x != "in") return;
      x = rest == 0 ? "out" : "first";
      loops = true;
      body += "  for (i = 0; i < " + std::to_string(n) + "; ++i) " + x + "[i] = in[i];\n";
    };
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const CStep& step = steps_[s];
      const std::string n = std::to_string(step.in), number = std::to_string(s), w = name_ + "_w" + number,
                        b = name_ + "_b" + number;
      if (step.makes_output()) {
        const std::string y = --rest == 0 ? "out" : turn == 0 ? "a" : "b";
        if (y != "out") used[turn] = true;
        turn = 1 - turn;
        body += call(step, number, x, y);
        x = y;
        continue;
      }
      own(step.in);
      loops = loops || (step.kind != CKind::layer_norm && step.kind != CKind::softmax);
      body += in_place(step, x, n, w, b);
    }
    std::string text =
        "static inline void " + name_ + "(const " + t + " in[" + in + "], " + t + " out[" + out + "]) {\n";
    if (body.find("first[i] = in[i]") != body.npos) text += "  " + t + " first[" + in + "];\n";
    if (used[0]) text += "  " + t + " a[" + std::to_string(size_a) + "];\n";
    if (used[1]) text += "  " + t + " b[" + std::to_string(size_b) + "];\n";
    if (loops) text += "  int i;\n";
    return text + body + "}\n\n";
  }

  std::string self_test() const {
    const std::string out = std::to_string(expected_.size());
    return table("test_in", input_) + table("test_out", expected_) +
           "/* Returns 0, or the number of the first wrong output, counted from 1. */\n" +
           "static inline int " + name_ + "_self_test(void) {\n" + "  " + type + " out[" + out +
           "];\n  int i;\n" + "  " + name_ + "(" + name_ + "_test_in, out);\n" + "  for (i = 0; i < " + out +
           "; ++i) {\n" + "    if (!(" + math("fabs") + "(out[i] - " + name_ +
           "_test_out[i]) <= " + literal(tolerance_) + ")) return i + 1;\n  }\n  return 0;\n}\n";
  }

  std::string name_, upper_;
  const std::vector<CStep>& steps_;
  std::vector<double> input_, expected_;
  double tolerance_ = 0;
};

}  // namespace gradus::detail
