#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/rpz/endpoint.h"
#include "platform/file_descriptor.h"
#include "policy/result.h"

namespace exporters::rpz {

// DNS over TCP (RFC 7766).
class TcpChannel {
 public:
  // `unavailable` when nobody answers within `timeout`, which also bounds each Exchange.
  static policy::Result<TcpChannel> Connect(const Endpoint& endpoint,
                                            std::chrono::milliseconds timeout);

  // Sends a message and gives the next one that comes. Any failure is `outcome_unknown`: the other
  // side may have read the message. Then the channel is of no more use.
  policy::Result<std::string> Exchange(std::string_view wire);

  // Sends messages without waiting for answers in between, and gives the answers in the order of
  // the messages, in whichever they come (RFC 7766, 6.2.1.1 and 7). Fails as Exchange does.
  policy::Result<std::vector<std::string>> ExchangeAll(const std::vector<std::string>& wires);

  // The next message that comes, of an answer that takes several. Fails as Exchange does.
  policy::Result<std::string> Next();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  TcpChannel(platform::FileDescriptor socket, std::string peer, std::chrono::milliseconds timeout)
      : socket_(std::move(socket)), peer_(std::move(peer)), timeout_(timeout) {}
  policy::Result<void> Send(std::string_view bytes, Deadline deadline);
  policy::Result<std::string> ReceiveMessage(Deadline deadline);
  policy::Result<std::string> Receive(std::size_t size, Deadline deadline);

  platform::FileDescriptor socket_;
  std::string peer_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::rpz
