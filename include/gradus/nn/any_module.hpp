// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
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
#include <gradus/nn/sample.hpp>

namespace gradus::nn {

namespace detail {

/// A variable whose address identifies a type without RTTI. It is not const, because linkers may merge equal
/// constants.
template <class M>
inline char type_tag{};

}  // namespace detail

/// A type-erased module with value semantics: copying it copies the module, so networks can be stored, nested
/// and built at run time. The virtual call is negligible next to a matrix product. It is itself a Container.
template <FloatOrDouble Scalar = float>
class AnyModule {
 public:
  /// The scalar type.
  using scalar_type = Scalar;
  /// A function that is called with each parameter.
  using ParameterVisitor = std::function<void(std::string_view name, Parameter<Scalar>&)>;
  /// A function that is called with each parameter of a const module.
  using ConstParameterVisitor = std::function<void(std::string_view name, const Parameter<Scalar>&)>;
  /// A function that is called with each buffer.
  using BufferVisitor = std::function<void(std::string_view name, Tensor<Scalar>&)>;
  /// A function that is called with each buffer of a const module.
  using ConstBufferVisitor = std::function<void(std::string_view name, const Tensor<Scalar>&)>;

  /// A function that is called with each counter.
  using CounterVisitor = std::function<void(std::string_view name, std::int64_t&)>;
  /// A function that is called with each counter of a const module.
  using ConstCounterVisitor = std::function<void(std::string_view name, const std::int64_t&)>;

  /// Stores the module. A module without parameters is cast to this scalar type if it has another one.
  template <class M>
  requires(!std::same_as<M, AnyModule> && ModuleFor<M, Scalar>) AnyModule(M module)
      : self_(make_model(nn::adapt<Scalar>(std::move(module)))) {}

  /// Copies the module.
  AnyModule(const AnyModule& other) : self_(other.call()->clone()) {}
  /// Moves the module.
  AnyModule(AnyModule&&) noexcept = default;
  /// Copies the module.
  AnyModule& operator=(const AnyModule& other) { return *this = AnyModule(other); }
  /// Moves the module.
  AnyModule& operator=(AnyModule&&) noexcept = default;
  ~AnyModule() = default;

  /// Returns the output shape for an input of shape x. Throws ShapeError if the module does not accept x.
  Shape output_shape(const Shape& x) const { return call()->output_shape(x); }
  /// Writes the output. Views are passed by reference because copies cost more time and stack than the call.
  void forward(const TensorView<const Scalar>& x, const TensorView<Scalar>& y, Context& context) const {
    call()->forward(x, y, context);
  }
  /// Writes the output for one sample as child `i` of a container. Returns the number of outputs, or -1 if
  /// that is not possible without a whole forward.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context& container, Index i) const {
    return self_->forward_sample(x, y, container, i);
  }
  /// Writes the gradient with respect to the input.
  void backward(const TensorView<const Scalar>& x, const TensorView<const Scalar>& y,
                const TensorView<const Scalar>& dy, const TensorView<Scalar>& dx, Context& context) const {
    call()->backward(x, y, dy, dx, context);
  }
  /// Adds to the parameters' gradients and, unless dx is null, writes the input gradient.
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
  /// Updates the module's buffers and counters after a training forward.
  void update(Context& context) { call()->update(context); }
  /// Reinitialises the parameters, as PyTorch does.
  void reset_parameters(Generator& random) { call()->reset_parameters(random); }
  /// Returns whether the module has parameters, frozen or not.
  bool has_parameters() const { return call()->has_parameters(); }
  /// Returns whether any parameter is not frozen.
  bool has_trainable_parameters() { return call()->has_trainable_parameters(); }
  /// Returns whether forward would merely copy its input.
  bool is_identity(const Context& context) const { return call()->is_identity(context); }
  /// Returns the name used in messages and summaries.
  std::string name() const { return call()->name(); }
  /// Returns the number of nested levels below it: 0 unless it is a container with `Index depth() const`.
  Index depth() const { return call()->depth(); }

  /// Records a pass through the module on the tape: `Variable y = net[0](x)`. Requires autograd/module.hpp;
  /// see `apply` there.
  template <class X>
  auto operator()(X&& x) & {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  /// Overload for a const module.
  template <class X>
  auto operator()(X&& x) const& {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  template <class X>
  void operator()(X&& x) const&& = delete;  // the graph would refer to a destroyed module

  /// Returns the module if its type is M, otherwise null: `net[1].get_if<Linear<float>>()`.
  template <class M>
  M* get_if() & {
    return self_->type() == &detail::type_tag<M> ? static_cast<M*>(self_->module_address()) : nullptr;
  }
  /// Overload for a const module.
  template <class M>
  const M* get_if() const& {
    const Interface& self = *self_;
    return self.type() == &detail::type_tag<M> ? static_cast<const M*>(self.module_address()) : nullptr;
  }
  template <class M>
  void get_if() const&& = delete;
  /// Returns the module: `net[1].as<Linear<float>>().weight`. Throws ArgumentError unless its type is M.
  template <class M>
  M& as() & {
    return found(get_if<M>());
  }
  /// Overload for a const module.
  template <class M>
  const M& as() const& {
    return found(get_if<M>());
  }
  template <class M>
  void as() const&& = delete;
  /// Returns the module as an `M<Scalar>`: `net[1].as<Linear>().weight`. Throws ArgumentError unless it is
  /// one.
  template <template <class> class M>
  M<Scalar>& as() & {
    return as<M<Scalar>>();
  }
  /// Overload for a const module.
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
  /// Destroys a module. Modules inside it are queued until it is gone, so deep nesting does not recurse.
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
    virtual Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context& container,
                                 Index i) const = 0;
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

  /// A pointer to a module for the duration of one call, which counts as one level of nesting.
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
    // By reference, because by value each level of nesting would put a copy on the stack.
    explicit Model(const M& m) : module(m) {}
    explicit Model(M&& m) : module(std::move(m)) {}

    Pointer clone() const override { return Pointer(new Model(module)); }
    Shape output_shape(const Shape& x) const override { return module.output_shape(x); }
    void forward(Const x, Mutable y, Context& context) const override { module.forward(x, y, context); }
    Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context& container,
                         Index i) const override {
      return detail::forward_sample(module, x, y, container, i);
    }
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
      throw ArgumentError("as: module is " + name() + ", expected " +
                          detail::type_name<std::remove_const_t<M>>());
    }
    return *module;
  }

  Pointer self_;
};

/// Wraps a module. Defined outside the class so that it is not inline: gradus/compiled.hpp declares it
/// `extern`.
template <FloatOrDouble Scalar>
template <class M>
typename AnyModule<Scalar>::Pointer AnyModule<Scalar>::make_model(M module) {
  return Pointer(new Model<M>(std::move(module)));
}

}  // namespace gradus::nn
