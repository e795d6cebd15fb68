// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/call.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/nesting.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::nn {

namespace detail {

/// Has one address for each type, which tells types apart without RTTI. Not a constant, because linkers may
/// merge equal constants.
template <class M>
inline char type_tag{};

}  // namespace detail

/// Any module, as a value: copies copy the module, so networks can be stored, nested and built at run time.
/// Costs one virtual call, which is nothing next to a matrix product. Itself a Container.
template <FloatOrDouble Scalar = float>
class AnyModule {
 public:
  /// The type of the numbers.
  using scalar_type = Scalar;
  /// Is called with each parameter.
  using ParameterVisitor = std::function<void(std::string_view name, Parameter<Scalar>&)>;
  /// Is called with each parameter of a const module.
  using ConstParameterVisitor = std::function<void(std::string_view name, const Parameter<Scalar>&)>;
  /// Is called with each buffer.
  using BufferVisitor = std::function<void(std::string_view name, Tensor<Scalar>&)>;
  /// Is called with each buffer of a const module.
  using ConstBufferVisitor = std::function<void(std::string_view name, const Tensor<Scalar>&)>;

  /// Is called with each counter.
  using CounterVisitor = std::function<void(std::string_view name, std::int64_t&)>;
  /// Is called with each counter of a const module.
  using ConstCounterVisitor = std::function<void(std::string_view name, const std::int64_t&)>;

  /// Holds the module, cast to this scalar if it is one without parameters for another scalar.
  template <class M>
  requires(!std::same_as<M, AnyModule> && ModuleFor<M, Scalar>) AnyModule(M module)
      : self_(make_model(nn::adapt<Scalar>(std::move(module)))) {}

  /// Copies the module.
  AnyModule(const AnyModule& other) : self_(other.call()->clone()) {}
  /// Takes the module over.
  AnyModule(AnyModule&&) noexcept = default;
  /// Copies the module.
  AnyModule& operator=(const AnyModule& other) { return *this = AnyModule(other); }
  /// Takes the module over.
  AnyModule& operator=(AnyModule&&) noexcept = default;
  ~AnyModule() = default;

  /// Returns the shape of the output for an input of shape x. Throws ShapeError if x does not fit.
  Shape output_shape(const Shape& x) const { return call()->output_shape(x); }
  /// Views are passed by reference: copies of them would take more time and more stack than the call.
  void forward(const TensorView<const Scalar>& x, const TensorView<Scalar>& y, Context& context) const {
    call()->forward(x, y, context);
  }
  /// Writes the gradient of the input.
  void backward(const TensorView<const Scalar>& x, const TensorView<const Scalar>& y,
                const TensorView<const Scalar>& dy, const TensorView<Scalar>& dx, Context& context) const {
    call()->backward(x, y, dy, dx, context);
  }
  /// Adds to the parameters' gradients and, unless dx is null, writes the input's.
  void accumulate(const TensorView<const Scalar>& x, const TensorView<const Scalar>& y,
                  const TensorView<const Scalar>& dy, const TensorView<Scalar>& dx, Context& context) {
    call()->accumulate(x, y, dy, dx, context);
  }
  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) {
    call()->visit(ParameterVisitor(std::ref(f)));
  }
  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) const {
    call()->visit(ConstParameterVisitor(std::ref(f)));
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) {
    call()->visit_buffers(BufferVisitor(std::ref(f)));
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) const {
    call()->visit_buffers(ConstBufferVisitor(std::ref(f)));
  }
  /// Calls f(name, count) for each counter.
  template <class F>
  void visit_counters(F&& f) {
    call()->visit_counters(CounterVisitor(std::ref(f)));
  }
  /// Calls f(name, count) for each counter.
  template <class F>
  void visit_counters(F&& f) const {
    call()->visit_counters(ConstCounterVisitor(std::ref(f)));
  }
  /// Runs what the module does after a training forward.
  void update(Context& context) { call()->update(context); }
  /// Draws the parameters anew, as PyTorch does.
  void reset_parameters(Generator& random) { call()->reset_parameters(random); }
  /// Returns whether there is a parameter to train.
  bool has_parameters() const { return call()->has_parameters(); }
  /// Returns whether there is a parameter that is not frozen.
  bool has_trainable_parameters() { return call()->has_trainable_parameters(); }
  /// Returns whether forward would only copy its input.
  bool is_identity(const Context& context) const { return call()->is_identity(context); }
  /// Returns the name for messages and summaries.
  std::string name() const { return call()->name(); }
  /// How many levels of modules it holds: 0 unless it is a container with `Index depth() const`.
  Index depth() const { return call()->depth(); }

  /// Records a pass of the module on the tape: `Variable y = net[0](x)`. See `apply` in
  /// autograd/module.hpp, which must be included.
  template <class X>
  auto operator()(X&& x) & {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  /// Does the same for a const module.
  template <class X>
  auto operator()(X&& x) const& {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  template <class X>
  void operator()(X&& x) const&& = delete;  // the graph would refer to a module that is gone

  /// The module as what it is, or null if it is something else: `net[1].get_if<Linear<float>>()`.
  template <class M>
  M* get_if() & {
    return self_->type() == &detail::type_tag<M> ? static_cast<M*>(self_->module_address()) : nullptr;
  }
  /// Does the same for a const module.
  template <class M>
  const M* get_if() const& {
    const Interface& self = *self_;
    return self.type() == &detail::type_tag<M> ? static_cast<const M*>(self.module_address()) : nullptr;
  }
  template <class M>
  void get_if() const&& = delete;
  /// The module as what it is: `net[1].as<Linear<float>>().weight`. Throws ArgumentError if it is something
  /// else.
  template <class M>
  M& as() & {
    return found(get_if<M>());
  }
  /// Does the same for a const module.
  template <class M>
  const M& as() const& {
    return found(get_if<M>());
  }
  template <class M>
  void as() const&& = delete;
  /// The same with the network's own scalar: `net[1].as<Linear>().weight`.
  template <template <class> class M>
  M<Scalar>& as() & {
    return as<M<Scalar>>();
  }
  /// Does the same for a const module.
  template <template <class> class M>
  const M<Scalar>& as() const& {
    return as<M<Scalar>>();
  }
  template <template <class> class M>
  void as() const&& = delete;

 private:
  using Const = const TensorView<const Scalar>&;
  using Mutable = const TensorView<Scalar>&;

  struct Interface;
  /// Destroys a module. Modules that it holds wait in a list until it is gone, so that no nesting is too
  /// deep.
  struct Delete {
    void operator()(Interface* module) const noexcept {
      thread_local constinit Interface* waiting = nullptr;
      thread_local constinit bool busy = false;
      module->next = std::exchange(waiting, module);
      if (busy) return;
      busy = true;
      while (waiting) delete std::exchange(waiting, waiting->next);
      busy = false;
    }
  };
  using Pointer = std::unique_ptr<Interface, Delete>;

  struct Interface {
    virtual ~Interface() = default;
    virtual Pointer clone() const = 0;
    virtual Shape output_shape(const Shape& x) const = 0;
    virtual void forward(Const x, Mutable y, Context& context) const = 0;
    virtual void backward(Const x, Const y, Const dy, Mutable dx, Context& context) const = 0;
    virtual void accumulate(Const x, Const y, Const dy, Mutable dx, Context& context) = 0;
    virtual void visit(const ParameterVisitor& f) = 0;
    virtual void visit(const ConstParameterVisitor& f) const = 0;
    virtual void visit_buffers(const BufferVisitor& f) = 0;
    virtual void visit_buffers(const ConstBufferVisitor& f) const = 0;
    virtual void visit_counters(const CounterVisitor& f) = 0;
    virtual void visit_counters(const ConstCounterVisitor& f) const = 0;
    virtual void update(Context& context) = 0;
    virtual void reset_parameters(Generator& random) = 0;
    virtual bool has_parameters() const = 0;
    virtual bool has_trainable_parameters() = 0;
    virtual bool is_identity(const Context& context) const = 0;
    virtual std::string name() const = 0;
    virtual const void* type() const = 0;
    virtual void* module_address() = 0;
    virtual const void* module_address() const = 0;
    virtual Index depth() const = 0;

    Interface* next = nullptr;
  };

  /// The module during one call of it, which counts as a level of nesting.
  template <class I>
  class Call {
   public:
    explicit Call(I* module) : module_(module) {}
    I* operator->() const { return module_; }

   private:
    detail::NestedCall level_;
    I* module_;
  };
  Call<Interface> call() { return Call<Interface>(self_.get()); }
  Call<const Interface> call() const { return Call<const Interface>(self_.get()); }

  template <class M>
  struct Model final : Interface {
    // By reference: nested copies would otherwise put one copy per level on the stack.
    explicit Model(const M& m) : module(m) {}
    explicit Model(M&& m) : module(std::move(m)) {}

    Pointer clone() const override { return Pointer(new Model(module)); }
    Shape output_shape(const Shape& x) const override { return module.output_shape(x); }
    void forward(Const x, Mutable y, Context& context) const override { module.forward(x, y, context); }
    void backward(Const x, Const y, Const dy, Mutable dx, Context& context) const override {
      module.backward(x, y, dy, dx, context);
    }
    void accumulate(Const x, Const y, Const dy, Mutable dx, Context& context) override {
      nn::accumulate<Scalar>(module, x, y, dy, dx, context);
    }
    void visit(const ParameterVisitor& f) override { nn::visit_parameters(module, f); }
    void visit(const ConstParameterVisitor& f) const override { nn::visit_parameters(module, f); }
    void visit_buffers(const BufferVisitor& f) override { nn::visit_buffers(module, f); }
    void visit_buffers(const ConstBufferVisitor& f) const override { nn::visit_buffers(module, f); }
    void visit_counters(const CounterVisitor& f) override { nn::visit_counters(module, f); }
    void visit_counters(const ConstCounterVisitor& f) const override { nn::visit_counters(module, f); }
    void update(Context& context) override { nn::update(module, context); }
    void reset_parameters(Generator& random) override { nn::reset_parameters(module, random); }
    bool has_parameters() const override { return nn::has_parameters(module); }
    bool has_trainable_parameters() override { return nn::has_trainable_parameters(module); }
    bool is_identity(const Context& context) const override { return nn::is_identity(module, context); }
    std::string name() const override { return module_name(module); }
    const void* type() const override { return &detail::type_tag<M>; }
    void* module_address() override { return std::addressof(module); }
    const void* module_address() const override { return std::addressof(module); }
    Index depth() const override {
      if constexpr (detail::HasDepth<M>) return module.depth();
      return 0;
    }

    M module;
  };

  template <class M>
  static Pointer make_model(M module);

  template <class M>
  M& found(M* module) const {
    if (module == nullptr) {
      throw ArgumentError("as: module is " + name() + ", not " + detail::type_name<std::remove_const_t<M>>());
    }
    return *module;
  }

  Pointer self_;
};

/// Makes the model of a module. Not in the class, where it would be inline: gradus/compiled.hpp keeps it out
/// of a translation unit.
template <FloatOrDouble Scalar>
template <class M>
typename AnyModule<Scalar>::Pointer AnyModule<Scalar>::make_model(M module) {
  return Pointer(new Model<M>(std::move(module)));
}

}  // namespace gradus::nn
