#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace policy {

// Why an operation gave no value. Callers branch on this and never on the text.
enum class ErrorCode {
  malformed_input,  // the input breaks its own format; sending it again cannot help
  not_found,
  not_allowed,  // a rule of the product or of access control forbids it
  unauthenticated,
  conflict,         // the state changed under the caller; look again, then decide
  exhausted,        // a cap was reached (bytes, rows, time, queue depth)
  unavailable,      // the other side did not answer; nothing changed
  outcome_unknown,  // it may have happened or not; read back before acting again
  corrupt,          // stored bytes are not what was written
};

std::string_view Name(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string detail;  // what, where, and what to do: for the log and the operator
};

// A value, or the reason there is none. Ignoring one is a compiler warning, hence an error here.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}
};

inline tl::unexpected<Error> Fail(ErrorCode code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace policy
