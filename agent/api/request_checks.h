#pragma once

#include <google/protobuf/duration.pb.h>

#include <chrono>
#include <string>

#include "policy/indicator.h"
#include "policy/result.h"

// What several methods demand of a request's fields. Pure; all errors are `malformed_input`.
namespace agent::api {

// An act goes into the history with its reason: there has to be one, and of a sane length.
policy::Result<void> CheckReason(const std::string& reason);

// Positive, in whole seconds.
policy::Result<std::chrono::seconds> LifetimeOf(const google::protobuf::Duration& lifetime);

// What a person typed, defanged or not.
policy::Result<policy::Indicator> TypedIndicator(const std::string& text);

}  // namespace agent::api
