#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <memory>

#include "policy/result.h"

namespace agent::api {

// What a method that streams has to say, as a door asks for it: only when it can send, so that
// nothing piles up for a slow reader. Whoever drops it ends it.
class MessageStream {
 public:
  virtual ~MessageStream() = default;

  // The newest message; null while there is no newer one than the last. An error ends the stream.
  virtual policy::Result<std::unique_ptr<google::protobuf::Message>> Next() = 0;

  // `wake` is called, from any thread, whenever Next has something to give. Once, before the first
  // Next; it may come late, and after the stream was dropped.
  virtual void Await(std::function<void()> wake) = 0;
};

}  // namespace agent::api
