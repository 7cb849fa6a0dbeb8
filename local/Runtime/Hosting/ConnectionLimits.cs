using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rescan.Functions.Api;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// Holds so many connections, of one client fewer than of all. Beyond that the connection that has been without a request for longest gives
/// way: those who only hold connections keep nobody out, however often they open new ones.
/// </summary>
internal sealed class ConnectionLimits(ConnectionCaps caps)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Held> idle = [];
    private readonly Dictionary<string, Client> clients = new(StringComparer.Ordinal);
    private int connections;
    private int waits;

    private ConnectionCaps Caps => caps;

    public void Guard(ListenOptions listen) => listen.Use(next => async connection =>
    {
        Held? held = Add(connection, out Held? given);
        given?.Connection.Abort(new ConnectionAbortedException("It had no request, and gave way to a new connection."));
        if (held is null)
        {
            connection.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        connection.Features.Set(held);
        connection.Features.Set<IWaitLimit>(held);
        try
        {
            await next(connection);
        }
        finally
        {
            Remove(held);
        }
    });

    /// <summary>A request is under way on its connection until this is disposed.</summary>
    public static IDisposable? Begin(HttpContext http) => http.Features.Get<Held>()?.Begin();

    private Held? Add(ConnectionContext connection, out Held? given)
    {
        string name = ClientAddress.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
        lock (gate)
        {
            given = null;
            Client client = clients.TryGetValue(name, out Client? known) ? known : clients[name] = new Client(name);
            if (client.Connections >= caps.OfClient)
            {
                given = idle.FirstOrDefault(h => h.Client == client);
            }
            else if (connections >= caps.OfAll)
            {
                given = idle.First?.Value;
            }

            if (given is not null)
            {
                Forget(given);
            }

            if (client.Connections >= caps.OfClient || connections >= caps.OfAll)
            {
                Drop(client);
                return null;
            }

            clients[name] = client;
            Held held = new(this, connection, client);
            held.Place = idle.AddLast(held);
            Count(client, 1);
            return held;
        }
    }

    private void Remove(Held held)
    {
        lock (gate)
        {
            Forget(held);
        }
    }

    private void Forget(Held held)
    {
        if (held.Forgotten)
        {
            return;
        }

        held.Forgotten = true;
        Rest(held, false);
        Count(held.Client, -1);
        Drop(held.Client);
    }

    private void Count(Client client, int change)
    {
        connections += change;
        client.Connections += change;
    }

    private void Drop(Client client)
    {
        if (client is { Connections: 0, Waits: 0 })
        {
            clients.Remove(client.Name);
        }
    }

    private void Rest(Held held, bool rests)
    {
        if (held.Place is { } place)
        {
            idle.Remove(place);
            held.Place = null;
        }

        if (rests && !held.Forgotten)
        {
            held.Place = idle.AddLast(held);
        }
    }

    private sealed class Client(string name)
    {
        public string Name => name;

        public int Connections { get; set; }

        public int Waits { get; set; }
    }

    private sealed class Held(ConnectionLimits limits, ConnectionContext connection, Client client) : IWaitLimit
    {
        private int requests;

        public ConnectionContext Connection => connection;

        public Client Client => client;

        /// <summary>Where it stands among those without a request.</summary>
        public LinkedListNode<Held>? Place { get; set; }

        /// <summary>Whether it has ended, or is about to.</summary>
        public bool Forgotten { get; set; }

        public IDisposable Begin()
        {
            lock (limits.gate)
            {
                requests++;
                limits.Rest(this, false);
            }

            return new End(() =>
            {
                lock (limits.gate)
                {
                    limits.Rest(this, --requests == 0);
                }
            });
        }

        public IDisposable? TryEnter()
        {
            lock (limits.gate)
            {
                if (Forgotten || client.Waits >= limits.Caps.WaitsOfClient || limits.waits >= limits.Caps.WaitsOfAll)
                {
                    return null;
                }

                limits.waits++;
                client.Waits++;
                limits.Count(client, -1);
            }

            return new End(() =>
            {
                lock (limits.gate)
                {
                    limits.waits--;
                    client.Waits--;
                    limits.Count(client, 1);
                    limits.Drop(client);
                }
            });
        }
    }

    private sealed class End(Action end) : IDisposable
    {
        private Action? end = end;

        public void Dispose() => Interlocked.Exchange(ref end, null)?.Invoke();
    }
}
