using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Cli.Serve;
using Sluice.Core.Requests;
using Sluice.Gateway;
using Sluice.Gateway.Admission;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice serve</c>: OpenAI-compatible HTTP over engines in this process, until a signal.</summary>
internal static class ServeVerb
{
    private static readonly TimeSpan CutTime = TimeSpan.FromSeconds(5);

    public static Command Make(CancellationToken stop)
    {
        Verb verb = new("serve", "Serves a model, or pretends to, over OpenAI-compatible HTTP until it gets a signal to stop.")
        {
            Names = RunFlags.Names,
            Examples =
            [
                "sluice serve",
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
        IReadOnlyList<Instance> instances = PretendedFleet.Start(plan);
        try
        {
            await using GatewayServer server = new(instances, plan.Gateway);
            await ListenAsync(server, plan);
            Greet(server, instances, plan);
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await DrainAsync(server, plan);
            await EndAsync(instances);
            await server.StopAsync();
        }
        finally
        {
            await EndAsync(instances);
        }

        return SluiceProgram.Done;
    }

    private static async Task ListenAsync(GatewayServer server, ServePlan plan)
    {
        try
        {
            await server.StartAsync();
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new Misuse($"{plan.Gateway.Listen} is taken by another program", "stop that one, or choose another port with --listen");
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw new Misuse(
                $"{plan.Gateway.Listen} cannot be listened on: {error.Message}", "choose an address of this machine and a port above 1023 with --listen");
        }
    }

    private static void Greet(GatewayServer server, IReadOnlyList<Instance> instances, ServePlan plan)
    {
        string address = server.Address.GetLeftPart(UriPartial.Authority);
        ClassTable classes = new(plan.Gateway.Classes, plan.Gateway.StandardClass);
        string model = instances[0].Engine.Model.Facts.Name;
        TextWriter told = Console.Error;
        told.WriteLine(
            $"serving    {model}: {Shown.Count(instances.Count, "pretended instance")} at the pace of "
            + $"{string.Join(", ", plan.Profiles.Select(profile => profile.Name))}; no model runs, and the words mean nothing");
        told.WriteLine($"policies   {plan.Batching.Spec} within an instance, {plan.Gateway.Routing.Spec} among them");
        foreach (ServiceClass its in classes.All)
        {
            told.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"class      {its.Name}: weight {its.Weight:0.###}, TTFT {Shown.Duration(its.Slo.FirstToken)}, ")
                + $"TPOT {Shown.Duration(its.Slo.NextToken)}{(its == classes.Standard ? "; for those who name none" : "")}");
        }

        told.WriteLine($"listening  {address}");
        told.WriteLine(
            $"try        curl {address}/v1/chat/completions -d "
            + "'{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":40}'");
    }

    private static async Task DrainAsync(GatewayServer server, ServePlan plan)
    {
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

    private static Task EndAsync(IReadOnlyList<Instance> instances) =>
        Task.WhenAll(instances.Select(instance => instance.Engine.StopAsync(TimeSpan.Zero))).WaitAsync(CutTime);
}
