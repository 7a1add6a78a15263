using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Cli.Serve;
using Sluice.Core.Requests;
using Sluice.Gateway;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Lengths;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice serve</c>: OpenAI-compatible HTTP over engines in this process, until a signal.</summary>
internal static class ServeVerb
{
    public static Command Make(CancellationToken stop)
    {
        Verb verb = new("serve", "Serves a model, or pretends to, over OpenAI-compatible HTTP until it gets a signal to stop.")
        {
            Names = RunFlags.Names,
            Examples =
            [
                "sluice serve",
                "sluice serve --model qwen2.5-1.5b-q4.gguf --threads 4 --context 32768",
                "sluice serve --profile llama3-8b-h100,llama3-8b-a100 --instances 4 --batching fcfs --routing roundrobin",
                "sluice serve --class high,weight=2,ttft=1s,tpot=50ms --class low,ttft=4s,tpot=100ms --listen http://127.0.0.1:9000",
            ],
        };
        ServeFlags flags = new(verb);
        verb.SetAction(parsed => RunAsync(flags.Plan(parsed), stop).GetAwaiter().GetResult());
        return verb;
    }

    private static async Task<int> RunAsync(ServePlan plan, CancellationToken stop)
    {
        TryAddress(plan.Gateway.Listen);
        await using Fleet fleet = plan.Model is null ? PretendedFleet.Start(plan) : LlamaFleet.Start(plan);
        await using GatewayServer server = new(fleet.Instances, plan.Gateway);
        await ListenAsync(server, plan);
        Greet(server, fleet, plan);
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DrainAsync(server, plan);
        await fleet.StopAsync();
        await server.StopAsync();
        return SluiceProgram.Done;
    }

    /// <summary>Before a model is loaded and measured, which may take minutes.</summary>
    private static void TryAddress(IPEndPoint address)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(address);
            socket.Listen();
        }
        catch (SocketException error)
        {
            throw Refused(address, error, isTaken: error.SocketErrorCode == SocketError.AddressAlreadyInUse);
        }
    }

    private static async Task ListenAsync(GatewayServer server, ServePlan plan)
    {
        try
        {
            await server.StartAsync();
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw Refused(plan.Gateway.Listen, error, isTaken: error.InnerException is AddressInUseException);
        }
    }

    private static Misuse Refused(IPEndPoint address, Exception error, bool isTaken) => isTaken
        ? new Misuse($"{address} is taken by another program", "stop that one, or choose another port with --listen")
        : new Misuse($"{address} cannot be listened on: {error.Message}", "choose an address of this machine and a port above 1023 with --listen");

    private static void Greet(GatewayServer server, Fleet fleet, ServePlan plan)
    {
        string address = server.Address.GetLeftPart(UriPartial.Authority);
        ClassTable classes = new(plan.Gateway.Classes, plan.Gateway.StandardClass);
        TextWriter told = Console.Error;
        string kind = plan.Model is null ? "pretended instance" : "instance";
        told.WriteLine(
            $"serving    {fleet.Instances[0].Engine.Model.Facts.Name}: {Shown.Count(fleet.Instances.Count, kind)} {fleet.Description}");
        told.WriteLine($"policies   {plan.Batching.Spec} within an instance, {plan.Gateway.Routing.Spec} among them");
        foreach (ServiceClass its in classes.All)
        {
            told.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"class      {its.Name}: weight {its.Weight:0.###}, TTFT {Shown.Duration(its.Slo.FirstToken)}, ")
                + $"TPOT {Shown.Duration(its.Slo.NextToken)}{(its == classes.Standard ? "; for those who name none" : "")}");
        }

        if (plan.Gateway.Lengths is { } lengths)
        {
            told.WriteLine($"lengths    {Told(lengths.Store, fleet.Instances[0].Engine.Model.Facts.Name)}");
        }

        told.WriteLine($"listening  {address}");
        told.WriteLine(
            $"try        curl {address}/v1/chat/completions -d "
            + "'{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":40}'");
    }

    /// <summary>What is known of answer lengths at the start, and where it goes.</summary>
    private static string Told(LengthStore? store, string model)
    {
        const string Learnt = "of answers are learnt from those that end";
        return store switch
        {
            null => $"{Learnt}, and forgotten with this process; --lengths FILE keeps them",
            { Note: { } note } => $"{Learnt}, anew: {note.TrimEnd('.')}. It is written over after the first training",
            { Models.Count: 0 } => $"{Learnt}, and will be kept in {store.Path}",
            _ when store.Models.FirstOrDefault(its => its.Target == model) is { } own => string.Create(
                CultureInfo.InvariantCulture, $"of {own.Samples} answers are known from {store.Path}, tau {own.HeldOutTau:0.00}, and learnt on"),
            _ => $"of other models' answers are known from {store.Path}, and serve until enough of {model} have ended",
        };
    }

    private static async Task DrainAsync(GatewayServer server, ServePlan plan)
    {
        server.Close();
        if (server.Busy > 0)
        {
            Console.Error.WriteLine(
                $"stopping   {Shown.Count(server.Busy, "request")} may go on for {Shown.Duration(plan.Drain)}; a second signal ends them at once");
        }

        using CancellationTokenSource cut = new(plan.Drain);
        await server.DrainAsync(cut.Token);
        if (server.Busy > 0)
        {
            Console.Error.WriteLine($"stopping   {Shown.Count(server.Busy, "request")} cut off");
        }
    }
}
